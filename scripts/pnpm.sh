#!/usr/bin/env bash
# Runs the pinned pnpm; two at once on one checkout would corrupt node_modules, so they queue.
# Usage: scripts/pnpm.sh install
set -euo pipefail
cd "$(dirname "$0")/.."
package=$(node scripts/pinned-pnpm.mjs)
exec flock /tmp/pressroom-pnpm.lock npx --yes --package "$package" pnpm "$@"
