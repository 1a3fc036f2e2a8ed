#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ingot {

// Each returns the script by which the shell completes the commands and options of `app`, and pipelines (*.yaml, *.yml)
// where a command takes files.

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace ingot
