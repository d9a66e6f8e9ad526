/*
 * argv to mode; nothing else.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	fprintf(stderr, "llm-gateway " VERSION "\n");
	return argc > 1 ? 2 : 0;
}
