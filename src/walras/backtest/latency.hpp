// How long messages travel. Draws are keyed by the run's seed, the model's own and the message's number: the same run
// has the same delays whatever else happens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "walras/core/time.hpp"

namespace walras::backtest {

class LatencyModel {
public:
    LatencyModel() = default;
    LatencyModel(const LatencyModel&) = delete;
    LatencyModel& operator=(const LatencyModel&) = delete;
    virtual ~LatencyModel() = default;
    // From us to the venue: orders, replaces, cancels.
    [[nodiscard]] virtual DurationNs order(std::uint64_t seed, std::uint64_t message) const = 0;
    // From the venue to us: reports.
    [[nodiscard]] virtual DurationNs response(std::uint64_t seed, std::uint64_t message) const = 0;
    [[nodiscard]] virtual std::string describe() const = 0;
};

using LatencyModelPtr = std::shared_ptr<const LatencyModel>;

LatencyModelPtr no_latency();
LatencyModelPtr constant_latency(DurationNs order, DurationNs response);
// minimum + an exponential excess with the given mean, each message on its own.
LatencyModelPtr sampled_latency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed);

}  // namespace walras::backtest
