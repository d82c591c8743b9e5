#!/usr/bin/env bash
# Builds and installs what `npm run test:observability` and docs/operations/observability.md need, below one folder:
#   bin/otelcol-syntropism   the OpenTelemetry Collector with the components of deploy/collector/manifest.yaml (needs Go 1.25 or newer)
#   phoenix/                 a virtual environment with Arize Phoenix (needs Python 3.10 or newer)
#   client/                  the client library that `syntropism phoenix push` loads
# What is there already in the wanted version is left alone. Takes about five minutes and 1 GB.
set -euo pipefail
COLLECTOR_VERSION=0.161.0
PHOENIX_VERSION=20.26.1
CLIENT_VERSION=6.14.2

root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${1:-${SYNTROPISM_OBSERVABILITY_PARTS:-$root/.parts/observability}}
mkdir -p "$prefix/bin"
prefix=$(cd "$prefix" && pwd)

collector() {
  if "$prefix/bin/otelcol-syntropism" --version 2>/dev/null | grep -q "$COLLECTOR_VERSION"; then return; fi
  command -v go >/dev/null || { echo 'observability-parts: Go is missing; the Collector is built from its Go modules' >&2; exit 1; }
  local work
  work=$(mktemp -d)
  cp "$root/deploy/collector/manifest.yaml" "$work/manifest.yaml"
  GOBIN="$work" go install "go.opentelemetry.io/collector/cmd/builder@v$COLLECTOR_VERSION"
  (cd "$work" && ./builder --config=manifest.yaml)
  mv "$work/dist/otelcol-syntropism" "$prefix/bin/otelcol-syntropism"
  rm -rf "$work"
}

phoenix() {
  if "$prefix/phoenix/bin/python" -c "import importlib.metadata as m; assert m.version('arize-phoenix') == '$PHOENIX_VERSION'" 2>/dev/null; then return; fi
  python3 -m venv "$prefix/phoenix"
  "$prefix/phoenix/bin/pip" install --quiet "arize-phoenix==$PHOENIX_VERSION"
}

client() {
  if grep -qs "\"version\": \"$CLIENT_VERSION\"" "$prefix/client/node_modules/@arizeai/phoenix-client/package.json"; then return; fi
  mkdir -p "$prefix/client"
  [ -f "$prefix/client/package.json" ] || echo '{ "private": true }' >"$prefix/client/package.json"
  npm install --prefix "$prefix/client" --ignore-scripts --no-audit --no-fund --save-exact "@arizeai/phoenix-client@$CLIENT_VERSION"
}

collector
phoenix
client
echo "observability-parts: ready in $prefix"
