#!/usr/bin/env bash
# Runs the pinned pnpm; two at once on one checkout would corrupt node_modules, so they queue.
# Usage: scripts/pnpm.sh install
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*"packageManager": "pnpm@\([^"]*\)".*/\1/p' package.json)
exec flock /tmp/pressroom-pnpm.lock npx --yes "pnpm@$version" "$@"
