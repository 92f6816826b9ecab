#include "walras/model/latency.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

namespace walras::model {
namespace {

constexpr std::uint32_t order_stream = 0x4f524401;
constexpr std::uint32_t response_stream = 0x4f524402;

DurationNs require_non_negative(DurationNs d) {
    if (d.ns < 0) { throw ConfigError(fmt::format("Latency of {} ns is negative.", d.ns)); }
    return d;
}

double to_ms(DurationNs d) { return static_cast<double>(d.ns) / 1e6; }

class ConstantLatency final : public LatencyModel {
public:
    ConstantLatency(DurationNs order, DurationNs response, DurationNs feed)
        : order_(require_non_negative(order)),
          response_(require_non_negative(response)),
          feed_(require_non_negative(feed)) {}
    [[nodiscard]] DurationNs order(const Trip&) const override { return order_; }
    [[nodiscard]] DurationNs response(const Trip&) const override { return response_; }
    [[nodiscard]] DurationNs feed(const Trip&) const override { return feed_; }
    [[nodiscard]] bool delays_feed() const override { return feed_.ns != 0; }
    [[nodiscard]] std::string describe() const override {
        if (order_.ns == 0 && response_.ns == 0 && feed_.ns == 0) { return "none"; }
        const std::string text = fmt::format("orders {:g} ms, reports {:g} ms", to_ms(order_), to_ms(response_));
        return feed_.ns == 0 ? text : fmt::format("{}, feed {:g} ms", text, to_ms(feed_));
    }

private:
    DurationNs order_;
    DurationNs response_;
    DurationNs feed_;
};

class SampledLatency final : public LatencyModel {
public:
    SampledLatency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed)
        : minimum_(require_non_negative(minimum)), mean_excess_(require_non_negative(mean_excess)), seed_(seed) {}
    [[nodiscard]] DurationNs order(const Trip& trip) const override { return draw(order_stream, trip); }
    [[nodiscard]] DurationNs response(const Trip& trip) const override { return draw(response_stream, trip); }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("{:g} ms + exponential, mean {:g} ms", to_ms(minimum_), to_ms(mean_excess_));
    }

private:
    [[nodiscard]] DurationNs draw(std::uint32_t stream, const Trip& trip) const {
        core::Random random{{.seed = trip.seed ^ seed_, .stream = stream, .tick = trip.number}};
        return {minimum_.ns + static_cast<std::int64_t>(random.exponential() * static_cast<double>(mean_excess_.ns))};
    }
    DurationNs minimum_;
    DurationNs mean_excess_;
    std::uint64_t seed_;
};

class RecordedLatency final : public LatencyModel {
public:
    explicit RecordedLatency(std::vector<RecordedTrip> trips) : trips_(std::move(trips)) {
        if (trips_.empty()) { throw ConfigError("Recorded latency needs at least one round trip."); }
        for (std::size_t i = 0; i < trips_.size(); ++i) {
            const RecordedTrip& t = trips_[i];
            if (i > 0 && (t.requested < trips_[i - 1].requested || t.at_venue < trips_[i - 1].at_venue)) {
                throw ConfigError(
                    fmt::format("Recorded round trip {} left or arrived before the one before it; sort them.", i));
            }
            if (t.at_venue < t.requested || t.answered < t.at_venue) {
                throw ConfigError(
                    fmt::format("Recorded round trip {} goes back in time: requested {}, at the venue {}, answered {}; "
                                "correct the clocks.",
                                i, t.requested.ns, t.at_venue.ns, t.answered.ns));
            }
        }
    }
    [[nodiscard]] DurationNs order(const Trip& trip) const override {
        return between(
            trip.at, [](const RecordedTrip& t) { return t.requested.ns; },
            [](const RecordedTrip& t) { return t.at_venue.ns - t.requested.ns; });
    }
    [[nodiscard]] DurationNs response(const Trip& trip) const override {
        return between(
            trip.at, [](const RecordedTrip& t) { return t.at_venue.ns; },
            [](const RecordedTrip& t) { return t.answered.ns - t.at_venue.ns; });
    }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("recorded, {} round trips", trips_.size());
    }

private:
    template <class Key, class Value>
    [[nodiscard]] DurationNs between(TimeNs at, Key key, Value value) const {
        const auto after = std::ranges::upper_bound(trips_, at.ns, {}, key);
        if (after == trips_.begin()) { return {value(trips_.front())}; }
        if (after == trips_.end()) { return {value(trips_.back())}; }
        const RecordedTrip& a = *std::prev(after);
        const double share = static_cast<double>(at.ns - key(a)) / static_cast<double>(key(*after) - key(a));
        return {value(a) + static_cast<std::int64_t>(share * static_cast<double>(value(*after) - value(a)))};
    }
    std::vector<RecordedTrip> trips_;
};

class FeedLatency final : public LatencyModel {
public:
    FeedLatency(LatencyModelPtr orders, LatencyModelPtr feed) : orders_(std::move(orders)), feed_(std::move(feed)) {}
    [[nodiscard]] DurationNs order(const Trip& trip) const override { return orders_->order(trip); }
    [[nodiscard]] DurationNs response(const Trip& trip) const override { return orders_->response(trip); }
    [[nodiscard]] DurationNs feed(const Trip& trip) const override { return feed_->response(trip); }
    [[nodiscard]] bool delays_feed() const override { return true; }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("{}; feed: {}", orders_->describe(), feed_->describe());
    }

private:
    LatencyModelPtr orders_;
    LatencyModelPtr feed_;
};

}  // namespace

LatencyModelPtr no_latency() { return constant_latency({}, {}); }
LatencyModelPtr constant_latency(DurationNs order, DurationNs response, DurationNs feed) {
    return std::make_shared<ConstantLatency>(order, response, feed);
}
LatencyModelPtr sampled_latency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed) {
    return std::make_shared<SampledLatency>(minimum, mean_excess, seed);
}
LatencyModelPtr recorded_latency(std::vector<RecordedTrip> trips) {
    return std::make_shared<RecordedLatency>(std::move(trips));
}
LatencyModelPtr with_feed_latency(LatencyModelPtr orders, LatencyModelPtr feed) {
    return std::make_shared<FeedLatency>(std::move(orders), std::move(feed));
}

}  // namespace walras::model
