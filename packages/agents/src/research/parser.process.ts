import { serveSandbox } from '@pressroom/runtime';

/* Entry point of the parser's child processes. Each parser is loaded on first use. */
serveSandbox({
  html: async (html: string) => (await import('./core/readable-text.ts')).htmlPageText(html) ?? null,
  pdf: async (bytes: Uint8Array) => (await import('./core/pdf-text.ts')).pdfText(bytes),
  plain: async (text: string) => (await import('./core/plain-page-text.ts')).plainPageText(text) ?? null,
});
