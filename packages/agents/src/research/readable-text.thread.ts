import { parentPort, workerData } from 'node:worker_threads';
import { htmlPageText } from './core/readable-text.ts';

/* Body of the thread that `read-page.ts` starts: one page in, its readable text (or null) out. */
parentPort?.postMessage(htmlPageText(workerData as string) ?? null);
