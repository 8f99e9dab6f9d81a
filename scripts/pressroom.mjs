#!/usr/bin/env node
// `npx pressroom …` and `npm exec pressroom -- …` in a checkout: sets it up first where needed, then runs the command.
import './launch.mjs';
