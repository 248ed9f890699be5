/*
 * Runs a fuzz target over the files of directories, as TAP. Without the fuzzer:
 * any compiler and any sanitizer does.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)	/* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	struct buf input = BUF_INIT;

	if (buf_read_file(&input, path, FILE_MAX) != 0) {
		printf("not ok - cannot read %s\n", path);
		return -1;
	}
	/* Told before: a crash leaves its name. */
	fprintf(stderr, "# %s\n", path);
	/* Exactly as large, so that a byte too far is seen. */
	uint8_t *exact = malloc(input.len + (input.len == 0));

	for (size_t i = 0; i < input.len; i++)
		exact[i] = (uint8_t)input.data[i];
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	free(exact);
	buf_release(&input);
	return 0;
}

int
main(int argc, char **argv)
{
	int rc = 0;
	int count = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;

		while (dir != NULL && (entry = readdir(dir)) != NULL) {
			char path[4096];

			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i],
			    entry->d_name);
			rc |= replay(path);
			count++;
		}
		if (dir != NULL)
			closedir(dir);
	}
	printf("%sok 1 - %d inputs\n", rc == 0 && count > 0 ? "" : "not ",
	    count);
	return rc == 0 && count > 0 ? 0 : 1;
}
