import { serveSandbox } from '@pressroom/runtime';
import type { DocumentMaterial } from './assemble-document.ts';

/* Body of the child processes that assemble and render results. What a job needs is loaded by the first of its kind. */
serveSandbox({
  html: async (markdown: string) => (await import('./markdown-to-html.ts')).markdownToHtml(markdown),
  document: async (material: DocumentMaterial) => {
    const { findPipeline } = await import('@pressroom/pipelines');
    const { assembleDocument } = await import('./assemble-document.ts');
    const pipeline = findPipeline(material.type, material.pipelineVersion);
    if (pipeline === undefined) throw new Error(`no pipeline ${material.type} version ${material.pipelineVersion}`);
    return assembleDocument(pipeline, material);
  },
});
