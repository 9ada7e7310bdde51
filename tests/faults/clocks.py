"""A clock that is off in one process: a library that shifts what the C library tells of the time, loaded before it. As libfaketime does."""

import shutil
import subprocess
from pathlib import Path

import pytest

SHIFTED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += OFF;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec told;
    (void) zone;
    clock_gettime(CLOCK_REALTIME, &told);
    now->tv_sec = told.tv_sec;
    now->tv_usec = told.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
"""


def clock_off(seconds: int, folder: Path) -> dict[str, str]:
    """The environment of a process whose clock is off."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a clock that is off takes a C compiler")
    library = folder / f"clock{seconds}.so"
    command = [compiler, "-shared", "-fPIC", f"-DOFF=({seconds})", "-x", "c", "-", "-o", str(library)]
    subprocess.run(command, input=SHIFTED, text=True, check=True)
    return {"LD_PRELOAD": str(library)}
