#include "cli/application.h"

int main(int argc, char** argv) { return ingot::run_application(argc, argv); }
