/*
 * approve: ask a command of the user's whether what was read may be published.
 * It gets the report as one line of JSON on its stdin; its stdout is our
 * stderr, for our own stdout carries the data.
 */
#ifndef APPROVE_H
#define APPROVE_H

#include <jansson.h>

#include "io.h"

/* 0 yes; -1 told, with exit 1 when it said no. */
int approve(const char *command, const json_t *report) MUSTUSE;

#endif
