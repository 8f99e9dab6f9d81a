import { readFunctionHistory, renderFunctionHistory } from './function-history.ts';
import { FUNCTIONS_DIR } from './locations.ts';
import { readFunctions } from './read-functions.ts';

/** Expected content of `prisma/functions/history.txt`. */
export const renderGoldenFunctionHistory = (): string =>
  renderFunctionHistory(readFunctionHistory(FUNCTIONS_DIR), readFunctions(FUNCTIONS_DIR));
