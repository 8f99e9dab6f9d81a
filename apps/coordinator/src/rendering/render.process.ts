import { serveSandbox } from '@pressroom/runtime';
import { markdownToHtml } from './markdown-to-html.ts';

/* Body of the child processes that render results. */
serveSandbox({ html: markdownToHtml });
