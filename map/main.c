#include "map_service.h"
#include "program.h"

int
main(int argc, char **argv)
{
	static const Program program = { .name = "retour-map",
		.summary = "- tell mail servers who must not get mail (socketmap)",
		.check = map_service_check,
		.run = map_service_run };

	return program_main(&program, argc, argv);
}
