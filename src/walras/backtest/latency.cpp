#include "walras/backtest/latency.hpp"

#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

namespace walras::backtest {
namespace {

constexpr std::uint32_t order_stream = 0x4f524401;
constexpr std::uint32_t response_stream = 0x4f524402;

DurationNs require_non_negative(DurationNs d) {
    if (d.ns < 0) { throw ConfigError(fmt::format("Latency of {} ns is negative.", d.ns)); }
    return d;
}

class ConstantLatency final : public LatencyModel {
public:
    ConstantLatency(DurationNs order, DurationNs response)
        : order_(require_non_negative(order)), response_(require_non_negative(response)) {}
    [[nodiscard]] DurationNs order(std::uint64_t, std::uint64_t) const override { return order_; }
    [[nodiscard]] DurationNs response(std::uint64_t, std::uint64_t) const override { return response_; }
    [[nodiscard]] std::string describe() const override {
        if (order_.ns == 0 && response_.ns == 0) { return "none"; }
        return fmt::format("orders {:g} ms, reports {:g} ms", static_cast<double>(order_.ns) / 1e6,
                           static_cast<double>(response_.ns) / 1e6);
    }

private:
    DurationNs order_;
    DurationNs response_;
};

class SampledLatency final : public LatencyModel {
public:
    SampledLatency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed)
        : minimum_(require_non_negative(minimum)), mean_excess_(require_non_negative(mean_excess)), seed_(seed) {}
    [[nodiscard]] DurationNs order(std::uint64_t seed, std::uint64_t message) const override {
        return draw(order_stream, seed, message);
    }
    [[nodiscard]] DurationNs response(std::uint64_t seed, std::uint64_t message) const override {
        return draw(response_stream, seed, message);
    }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("{:g} ms + exponential, mean {:g} ms", static_cast<double>(minimum_.ns) / 1e6,
                           static_cast<double>(mean_excess_.ns) / 1e6);
    }

private:
    [[nodiscard]] DurationNs draw(std::uint32_t stream, std::uint64_t seed, std::uint64_t message) const {
        core::Random random{{.seed = seed ^ seed_, .stream = stream, .tick = message}};
        return {minimum_.ns + static_cast<std::int64_t>(random.exponential() * static_cast<double>(mean_excess_.ns))};
    }
    DurationNs minimum_;
    DurationNs mean_excess_;
    std::uint64_t seed_;
};

}  // namespace

LatencyModelPtr no_latency() { return constant_latency({}, {}); }
LatencyModelPtr constant_latency(DurationNs order, DurationNs response) {
    return std::make_shared<ConstantLatency>(order, response);
}
LatencyModelPtr sampled_latency(DurationNs minimum, DurationNs mean_excess, std::uint64_t seed) {
    return std::make_shared<SampledLatency>(minimum, mean_excess, seed);
}

}  // namespace walras::backtest
