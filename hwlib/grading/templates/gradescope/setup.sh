#!/bin/sh
# Installs the grader. Gradescope runs it once, as root, when the zip is uploaded.
set -eu
cd /autograder/source
chmod 700 /autograder/source

for python in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info)' 2>/dev/null; then
        found=$(command -v "$python")
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "setup.sh: hwlib needs Python 3.11 or newer, and this image has none." >&2
    echo "Choose a newer base image (Ubuntu 24.04) under Configure Autograder." >&2
    exit 1
fi

# students' code runs as other users, who must be able to read Python but not the tests
umask 022
mkdir -p /opt/hwlib/cache
"$found" -m venv --without-pip /opt/hwlib/python
pip=$(echo wheels/pip-*.whl)/pip
install="/opt/hwlib/python/bin/python $pip install --no-cache-dir --disable-pip-version-check"
[ -d wheels/all ] && install="$install --no-index --find-links wheels/all"
# shellcheck disable=SC2086  # these are words
$install --only-binary :all: --requirement requirements.txt
# shellcheck disable=SC2086
$install --no-deps --no-index wheels/hwlib-*.whl

# the images that handed-in networks are measured on; only root may read their labels
mkdir -p -m 700 /opt/hwlib/data
[ -d data ] && cp -r data/. /opt/hwlib/data
if [ -s data.txt ]; then
    # shellcheck disable=SC2046  # these are words
    HWLIB_CACHE=/opt/hwlib/data /opt/hwlib/python/bin/python -I -c \
        'import sys; from hwlib import data; data.fetch(sys.argv[1:])' $(cat data.txt)
fi

# what is the same for all submissions; where this fails, each submission takes some seconds more
(
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
    export XDG_CACHE_HOME=/opt/hwlib/cache HWLIB_CACHE=/opt/hwlib/data
    cd /
    /opt/hwlib/python/bin/python -I -m hwlib.grading.outlets.gradescope_run /autograder --prepare
) || echo "setup.sh: the tests could not be tried out; grading works without that" >&2
