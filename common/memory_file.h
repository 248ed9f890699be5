/* memory_file: a file without a name, in memory, for a child to use. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include "io.h"

/* A descriptor to read and write, closed on exec. -1: told. */
int memory_file(const char *name) MUSTUSE;

#endif
