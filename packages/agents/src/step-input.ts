import { ArticleInput } from '@pressroom/contracts';
import { z, type ZodType } from 'zod';
import { StepInputInvalidError } from './errors.ts';
import type { StepContext } from './ports.ts';

/**
 * What article and brief have in common. Read openly: other types have fields of their own, and a tenant's style guide
 * joined to the task's may be longer than one that users may send.
 */
const ArticleFields = z.object({ ...ArticleInput.shape, styleGuide: z.string().optional() });

/**
 * Input of an article task, or of another one with the same fields. Acceptance has validated it; a task accepted by another
 * version may still not fit.
 * @throws {StepInputInvalidError}
 */
export const articleInput = (context: StepContext): ArticleInput =>
  parse(ArticleFields, context.task.input, 'the input');

/**
 * Input of a task of any type, as its schema says but for the length of its style guide.
 * @throws {StepInputInvalidError}
 */
export const inputOf = <Shape extends z.ZodRawShape>(context: StepContext, shape: Shape): z.infer<z.ZodObject<Shape>> =>
  parse(
    z.object({ ...shape, ...('styleGuide' in shape && { styleGuide: z.string().optional() }) }) as z.ZodObject<Shape>,
    context.task.input,
    'the input',
  );

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
