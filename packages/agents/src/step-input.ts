import { ArticleInput } from '@pressroom/contracts';
import { z, type ZodType } from 'zod';
import { StepInputInvalidError } from './errors.ts';
import type { StepContext } from './ports.ts';

/**
 * Fields that article and brief share. Not strict: other types have additional fields, and a style guide merged with the
 * tenant's may exceed the limit for users.
 */
const ArticleFields = z.object({ ...ArticleInput.shape, styleGuide: z.string().optional() });

/**
 * Input of an article task, or of another task with the same fields. Validated at acceptance, but possibly by another
 * version.
 * @throws {StepInputInvalidError}
 */
export const articleInput = (context: StepContext): ArticleInput =>
  parse(ArticleFields, context.task.input, 'the input');

/**
 * Input of a task of any type, parsed by its schema without the limit of the style guide.
 * @throws {StepInputInvalidError}
 */
export const taskInput = <Shape extends z.ZodRawShape>(
  context: StepContext,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> =>
  parse(
    z.object({ ...shape, ...('styleGuide' in shape && { styleGuide: z.string().optional() }) }) as z.ZodObject<Shape>,
    context.task.input,
    'the input',
  );

/**
 * Output of an earlier step, parsed by its schema.
 * @throws {StepInputInvalidError} when it is absent or invalid
 */
export const stepOutput = <T>(context: StepContext, key: string, shape: ZodType<T>): T =>
  parse(shape, context.outputs[key], `the output of ${key}`);

/**
 * Parses an input of this step; errors name paths, never values.
 * @throws {StepInputInvalidError}
 */
export function parse<T>(shape: ZodType<T>, value: unknown, what: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.') || 'root'} ${code}`);
  throw new StepInputInvalidError(`${what} is invalid for this step: ${places.join(', ')}`);
}
