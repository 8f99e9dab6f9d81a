import { serveSandbox } from '@pressroom/runtime';

/* Body of the parser's child processes. The parsers are loaded by the first job that needs them. */
serveSandbox({
  html: async (html: string) => (await import('./core/readable-text.ts')).htmlPageText(html) ?? null,
  pdf: async (bytes: Uint8Array) => (await import('./core/pdf-text.ts')).pdfText(bytes),
  plain: async (text: string) => (await import('./core/plain-page-text.ts')).plainPageText(text) ?? null,
});
