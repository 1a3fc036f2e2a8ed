#pragma once

#include "spec/pipeline.h"
#include "spec/project.h"
#include "spec/reading.h"

namespace ingot::spec {

/// Is a connection of ingot.yaml one of type s3?
bool is_s3_connection(const Node& connection);

/// Checks a connection of type s3, nothing of which is interpolated yet. Returns whether it is right.
bool check_s3_connection(const Node& connection, const std::string& name, Reading& reading);

/// Reads what `from:` (checked) says of S3, where its paths are objects of it: connection and manifest. Refuses them
/// for anything else.
void read_s3_source(Node& from, const Project& project, const std::vector<std::string>& paths, RemoteOptions& out,
                    Reading& reading);

}  // namespace ingot::spec
