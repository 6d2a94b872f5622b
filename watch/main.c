#include "program.h"
#include "service.h"

int
main(int argc, char **argv)
{
	static const Program program = { .name = "retour-watch",
		.summary = "- learn who hosts which domain, and watch the reputation",
		.check = service_check,
		.run = service_run };

	return program_main(&program, argc, argv);
}
