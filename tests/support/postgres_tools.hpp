#pragma once
// What running a PostgreSQL takes; for support/postgres.cpp and support/standby.cpp.
#include "support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ruck::test {

// The command as it runs one of PostgreSQL's programs. PostgreSQL refuses to run as root, so root
// runs it as the user that Debian's package made.
std::vector<std::string> as_postgres(std::vector<std::string> argv);
// The folder, and the way to it.
void give_to_postgres(const std::string& folder);
// Throws what the server says.
void run_sql(const std::string& url, const std::string& statement);
// The first value of its answer, as text.
std::string ask_sql(const std::string& url, const std::string& statement);
// Starts the cluster of `folder`, and waits until `url` answers; throws when it does not.
std::unique_ptr<Process> start_postgres(const std::string& folder, const std::string& url);
// At once: nothing of it is kept.
void stop_postgres(std::unique_ptr<Process>& server);

}  // namespace ruck::test
