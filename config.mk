# What a user edits. Everything can also be given on make's command line.
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/pgbackpipe
DATADIR    ?= $(PREFIX)/share/pgbackpipe
MANDIR     ?= $(PREFIX)/share/man

CC         ?= cc
CFLAGS     ?= -O2 -g
# DEV=1 adds the warning list as errors; SANITIZE=address,undefined builds with them.
