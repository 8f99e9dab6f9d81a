import { parentPort, workerData } from 'node:worker_threads';
import { pdfText } from './core/pdf-text.ts';

/* Body of the thread that `read-page.ts` starts: the bytes of one PDF in, what could be read of it out. */
parentPort?.postMessage(await pdfText(workerData as Uint8Array));
