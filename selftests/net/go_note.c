// SPDX-License-Identifier: GPL-2.0
/* A program that bears the note by which Go's linker marks what it has made. */

__asm__(".pushsection .note.go.buildid, \"a\", @note\n"
	".balign 4\n"
	".long 4, 4, 4\n"
	".ascii \"Go\\0\\0\"\n"
	".long 0\n"
	".popsection\n");

int main(void)
{
	return 0;
}
