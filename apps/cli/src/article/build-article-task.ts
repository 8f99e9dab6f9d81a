import type { CreateTaskRequest, SourceInput } from '@pressroom/contracts';

import type { ArticleArgs } from './parse-article-args.ts';

/** The submission that the options describe. */
export function buildArticleTask(args: ArticleArgs, topic: string, sources: readonly SourceInput[]): CreateTaskRequest {
  return {
    type: 'article',
    input: {
      topic,
      ...(sources.length > 0 && { sources }),
      ...(args.words !== undefined && { targetWords: args.words }),
      ...(args.sections !== undefined && { sections: args.sections }),
    },
    ...(args.quality !== undefined && { quality: args.quality }),
  };
}
