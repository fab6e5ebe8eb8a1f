#!/usr/bin/env bash
# Brings a fresh machine to where Tallylight runs, is tested, is measured. Called by the Makefile:
#
#   tools/set-up.sh python          uv and the locked Python packages, in .venv
#   tools/set-up.sh front           npm packages and the built front end
#   tools/set-up.sh test-tools      Chromium, PostgreSQL 15, nginx with two modules, FFmpeg, coturn and GStreamer's RTSP
#                                   server, for the tests
#   tools/set-up.sh bench-tools     the same for the benchmarks, which measure beside nginx
#
# Several may be named at once. Each part looks first whether it is done and then costs nothing.
# Whatever cannot be done is said in one line that names the package to install, with exit code 1.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

readonly PYTHON_OLDEST="3.11"
readonly NODE_OLDEST=20
readonly FRONT_BUILT="src/tallylight/app/web/static/index.html"
readonly DEBIAN_POSTGRES="/usr/lib/postgresql/15/bin/initdb"

say() { printf '== %s\n' "$*"; }
stop() {
  printf 'set-up: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# --- system packages -----------------------------------------------------------------------------------------

# apt_install WHY PACKAGE...: as root on Debian and its kin; for others the line that says what to do.
apt_install() {
  local why="$1"
  shift
  if [ "$(id -u)" -ne 0 ] || ! has apt-get; then
    stop "$why needs the system package(s) $*: install them (Debian: sudo apt-get install $*) and try again"
  fi
  say "installing $* ($why)"
  apt-get update -qq || stop "apt-get update failed: is the network up? ($why needs $*)"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    stop "apt-get could not install $*, which $why needs: its words above say why"
}

# --- Python --------------------------------------------------------------------------------------------------

find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13; do
    if has "$candidate" && "$candidate" -c "import sys; sys.exit(sys.version_info < (${PYTHON_OLDEST/./, }))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  stop "Python $PYTHON_OLDEST or later is needed: install it (Debian 12: apt-get install python3) and try again"
}

# Prints the path of uv: the machine's own, else one in .uv, which nothing else uses. Debian's Python is
# "externally managed" (PEP 668) and takes no packages, and its venv module is a package of its own.
find_uv() {
  if uv --version >/dev/null 2>&1; then
    command -v uv
    return
  fi
  if [ ! -x .uv/bin/uv ]; then
    install_uv >&2
  fi
  echo "$PWD/.uv/bin/uv"
}

install_uv() {
  local python
  python="$(find_python)"
  rm -rf .uv
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if "$python" -m pip --version >/dev/null 2>&1; then
      say "installing uv into .uv"
      "$python" -m pip install --quiet --target .uv uv || stop "pip could not install uv: its words above say why"
      return
    fi
    apt_install "installing Python packages" python3-venv
  fi
  say "installing uv into .uv"
  "$python" -m venv .uv
  .uv/bin/python -m pip install --quiet uv || stop "pip could not install uv: its words above say why"
}

set_up_python() {
  local stamp=.venv/.set-up uv
  if [ -e "$stamp" ] && [ ! uv.lock -nt "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
    return
  fi
  uv="$(find_uv)"
  say "installing the locked Python packages into .venv"
  "$uv" sync --locked --quiet || stop "uv could not install the Python packages: its words above say why"
  touch "$stamp"
}

# --- front end -----------------------------------------------------------------------------------------------

check_node() {
  local advice="install Node.js $NODE_OLDEST or later with npm (nodejs.org) and try again"
  has node || stop "Node.js is needed to build the front end and is missing: $advice"
  has npm || stop "npm is needed to build the front end and is missing: $advice"
  local version
  version="$(node --version)"
  local major="${version#v}"
  [ "${major%%.*}" -ge "$NODE_OLDEST" ] || stop "Node.js $version is too old to build the front end: $advice"
}

set_up_node_packages() {
  local stamp=web/node_modules/.set-up
  if [ -e "$stamp" ] && [ ! web/package-lock.json -nt "$stamp" ]; then
    return
  fi
  check_node
  say "installing the locked npm packages into web/node_modules"
  (cd web && npm ci --no-audit --no-fund --loglevel=error) || stop "npm ci failed: its words above say why"
  touch "$stamp"
}

set_up_front() {
  set_up_node_packages
  if [ -e "$FRONT_BUILT" ] &&
    [ -z "$(find web -path web/node_modules -prune -o -type f -newer "$FRONT_BUILT" -print -quit)" ]; then
    return
  fi
  check_node
  say "building the front end"
  (cd web && npm run --silent build -- --logLevel warn) || stop "the front end does not build: its words above say why"
  touch "$FRONT_BUILT"
}

# --- tools for tests and benchmarks ---------------------------------------------------------------------------

set_up_test_tools() {
  local missing=()
  has chromium || has chromium-browser || has google-chrome || missing+=(chromium fonts-liberation)
  [ -x "$DEBIAN_POSTGRES" ] || missing+=(postgresql-15)
  [ -x /usr/sbin/nginx ] || missing+=(nginx)
  [ -e /usr/lib/nginx/modules/ngx_rtmp_module.so ] || missing+=(libnginx-mod-rtmp)
  [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || missing+=(libnginx-mod-stream)
  has ffmpeg || missing+=(ffmpeg)
  has turnserver || missing+=(coturn)
  /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
    missing+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad})
  [ "${#missing[@]}" -eq 0 ] || apt_install "make test" "${missing[@]}"
}

set_up_bench_tools() {
  set_up_test_tools
}

for part in "$@"; do
  case "$part" in
    python) set_up_python ;;
    node-packages) set_up_node_packages ;;
    front) set_up_front ;;
    test-tools) set_up_test_tools ;;
    bench-tools) set_up_bench_tools ;;
    *) stop "no such part: $part" ;;
  esac
done
