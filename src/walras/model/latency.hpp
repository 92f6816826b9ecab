// How long messages travel. Draws are keyed by the run's seed, the model's own and the message's number: the same run
// has the same delays whatever else happens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "walras/core/time.hpp"

namespace walras::model {

// One message that travels.
struct Trip {
    std::uint64_t seed = 0;    // of the run
    std::uint64_t number = 0;  // of the message, in its direction
    TimeNs at{};               // when it leaves
};

class LatencyModel {
public:
    LatencyModel() = default;
    LatencyModel(const LatencyModel&) = delete;
    LatencyModel& operator=(const LatencyModel&) = delete;
    virtual ~LatencyModel() = default;
    // From us to the venue: orders, replaces, cancels.
    [[nodiscard]] virtual DurationNs order(const Trip& trip) const = 0;
    // From the venue to us: reports.
    [[nodiscard]] virtual DurationNs response(const Trip& trip) const = 0;
    // From the venue to us: market data, on top of what the recording's own receive stamps say.
    [[nodiscard]] virtual DurationNs feed(const Trip&) const { return {}; }
    [[nodiscard]] virtual bool delays_feed() const { return false; }
    [[nodiscard]] virtual std::string describe() const = 0;
};

using LatencyModelPtr = std::shared_ptr<const LatencyModel>;

LatencyModelPtr no_latency();
LatencyModelPtr constant_latency(DurationNs order, DurationNs response, DurationNs feed = {});
// minimum + an exponential excess with the given mean, each message on its own; orders and reports.
LatencyModelPtr sampled_latency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed);

// Recorded round trips: when a request left, reached the venue, and its answer was back.
struct RecordedTrip {
    TimeNs requested{};
    TimeNs at_venue{};
    TimeNs answered{};
};
// Latencies of these, linear in between by the time at which a message leaves, the first's and the last's outside.
// Throws ConfigError: none, not sorted by request and arrival, an answer before its request.
LatencyModelPtr recorded_latency(std::vector<RecordedTrip> trips);
// Orders and reports by `orders`, market data by the delays that `feed` has for reports.
LatencyModelPtr with_feed_latency(LatencyModelPtr orders, LatencyModelPtr feed);

}  // namespace walras::model
