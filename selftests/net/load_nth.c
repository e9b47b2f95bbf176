// SPDX-License-Identifier: GPL-2.0
/*
 * Load a module while an allocation fails:
 *
 *	load_nth N FILE
 *
 * The N-th of init_module(), on a kernel with fault injection. The file is read before:
 * it is the module's errors that are looked for, not the file system's.
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file, nth;
	struct stat st;
	void *image;

	if (argc != 3)
		errx(2, "load_nth N FILE");
	file = open(argv[2], O_RDONLY);
	nth = open("/proc/self/fail-nth", O_WRONLY);
	if (file < 0 || nth < 0 || fstat(file, &st))
		err(2, "open");
	image = mmap(NULL, (size_t)st.st_size, PROT_READ,
		     MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (image == MAP_FAILED || mlockall(MCL_CURRENT))
		err(2, "memory");
	if (write(nth, argv[1], strlen(argv[1])) < 0)
		err(2, "fail-nth");
	if (syscall(SYS_init_module, image, (unsigned long)st.st_size, ""))
		err(1, "init_module");
	return 0;
}
