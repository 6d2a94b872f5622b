/* Feeds files, and all files below directories, to a fuzzer once: the seeds as a test without libFuzzer. */
#include "fuzz.h"

#include <glib.h>
#include <stdio.h>

static unsigned
replay(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autofree char *bytes = NULL;
	const char *name;
	unsigned count = 0;
	gsize size;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		count += replay(below);
	}
	if (dir != NULL || !g_file_get_contents(path, &bytes, &size, NULL))
		return count;
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
	return 1;
}

int
main(int argc, char **argv)
{
	unsigned count = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%u inputs\n", count);
	return count > 0 ? 0 : 1;
}
