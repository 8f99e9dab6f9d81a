import type { TaskTypeView } from '@pressroom/contracts';

/** How the words after an option become a value of its field. */
export type OptionForm = 'text' | 'number' | 'flag' | 'texts' | 'sources' | 'named';

/** An option of the command line that fills a field of a task type's input. */
export interface InputOption {
  /** `target-words` for the field `targetWords`. */
  name: string;
  field: string;
  form: OptionForm;
  isRequired: boolean;
}

type Schema = Record<string, unknown>;

/** The options of a task type, read off the schema that the API serves: a new type needs nothing here. */
export function inputOptions({ inputSchema }: Pick<TaskTypeView, 'inputSchema'>): InputOption[] {
  const properties = asSchema(inputSchema['properties']);
  const required = Array.isArray(inputSchema['required']) ? (inputSchema['required'] as unknown[]) : [];
  return Object.entries(properties).flatMap(([field, schema]) => {
    const form = formOf(asSchema(schema));
    return form === undefined ? [] : [{ name: kebab(field), field, form, isRequired: required.includes(field) }];
  });
}

/** One line for people: what a type takes. */
export const describeOptions = (options: readonly InputOption[]): string =>
  options
    .map(({ name, form, isRequired }) => {
      const shown = `--${name}${VALUES[form]}`;
      return isRequired ? shown : `[${shown}]`;
    })
    .join(' ');

const VALUES: Readonly<Record<OptionForm, string>> = {
  text: ' "…"|@FILE',
  number: ' N',
  flag: '',
  texts: ' "…" …',
  sources: ' FILE|URL …',
  named: ' "NAME: DESCRIPTION" …',
};

function formOf(schema: Schema): OptionForm | undefined {
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'array':
      return formOfItems(asSchema(schema['items']));
    default:
      return undefined;
  }
}

/** Lists of strings, of sources (a URL, or a text with a title), of things with a name. Others only a file can hold. */
function formOfItems(items: Schema): OptionForm | undefined {
  if (items['type'] === 'string') return 'texts';
  const shapes = Array.isArray(items['anyOf']) ? items['anyOf'].map(asSchema) : [items];
  const has = (field: string): boolean => shapes.some((shape) => field in asSchema(shape['properties']));
  if (has('url') && has('text')) return 'sources';
  return has('name') ? 'named' : undefined;
}

const asSchema = (value: unknown): Schema => (typeof value === 'object' && value !== null ? (value as Schema) : {});
const kebab = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
