#include "walras/core/hash.hpp"

#include <fmt/format.h>

namespace walras::core {

std::string format_hash(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace walras::core
