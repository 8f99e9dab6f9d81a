import { readFunctionHistory, renderFunctionHistory } from './function-history.ts';
import { FUNCTIONS_DIR } from './locations.ts';
import { readFunctions } from './read-functions.ts';

/** `prisma/functions/history.txt` as it must be. */
export const renderGoldenFunctionHistory = (): string =>
  renderFunctionHistory(readFunctionHistory(FUNCTIONS_DIR), readFunctions(FUNCTIONS_DIR));
