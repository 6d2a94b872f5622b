#include "program.h"
#include "supervisor.h"

int
main(int argc, char **argv)
{
	static const Program program = { .name = "retour-milter",
		.summary = "- judge bounces, and keep mail from who must not get any",
		.check = supervisor_check,
		.run = supervisor_run };

	return program_main(&program, argc, argv);
}
