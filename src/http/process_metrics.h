#pragma once
// The process's use of resources, under the names of Prometheus' own clients.

#include <string>

namespace orpheus::http {

// Memory, threads, open files, processor time and start time, in the text format of Prometheus.
// Values that the system does not tell are left out (a system with /proc tells all). From any
// thread.
std::string process_metrics();

}  // namespace orpheus::http
