import { ArticleInput } from '@pressroom/contracts';
import type { ZodType } from 'zod';
import { StepInputInvalidError } from './errors.ts';
import type { StepContext } from './ports.ts';

/**
 * Input of an article task. Acceptance has validated it; a task accepted by another version may still not fit.
 * @throws {StepInputInvalidError}
 */
export const articleInput = (context: StepContext): ArticleInput =>
  parse(ArticleInput, context.task.input, 'the input');

/**
 * Output of an earlier step in the shape the pipeline gives it.
 * @throws {StepInputInvalidError} when it is absent or of another shape
 */
export const stepOutput = <T>(context: StepContext, key: string, shape: ZodType<T>): T =>
  parse(shape, context.outputs[key], `the output of ${key}`);

/**
 * Reads anything this step was given; errors name places, never contents.
 * @throws {StepInputInvalidError}
 */
export function parse<T>(shape: ZodType<T>, value: unknown, what: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.') || 'root'} ${code}`);
  throw new StepInputInvalidError(`${what} is not what this step needs: ${places.join(', ')}`);
}
