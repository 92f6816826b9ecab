// A journal of a run on books, with algorithms at work, brackets and latency, played back without the market.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "walras/backtest/wandering_market_test.hpp"
#include "walras/codec/journal.hpp"
#include "walras/engine/playback.hpp"
#include "walras/engine/session.hpp"

using namespace walras;
using namespace walras::tests;
using codec::JournalSide;
using model::ExecutionAlgorithm;

namespace {

// Parents of every algorithm, brackets, cancels that race and a size in percent, on a random market.
void busy(TickWorld& w, std::uint64_t seed) {
    wander(w, seed, 2'000);
    w.config.replay.latency = model::constant_latency(milliseconds(7), milliseconds(11));
    w.config.books.reacts = seed % 2 == 1;
    const std::array algorithms{ExecutionAlgorithm::twap, ExecutionAlgorithm::vwap, ExecutionAlgorithm::pov,
                                ExecutionAlgorithm::iceberg};
    for (std::size_t i = 0; i < algorithms.size(); ++i) {
        w.act(10 + 20 * static_cast<std::int64_t>(i), [&w, i, algorithm = algorithms[i]](strategy::Context& c) {
            model::ExecutionRequest request;
            request.instrument = w.a;
            request.algorithm = algorithm;
            request.side = i % 2 == 0 ? Side::buy : Side::sell;
            request.quantity = Quantity{12};
            request.duration = milliseconds(900);
            request.rate = 0.2;
            request.display = Quantity{3};
            c.execute(request);
        });
    }
    for (std::int64_t ms = 100; ms < 1'900; ms += 300) {
        w.act(ms, [&w](strategy::Context& c) {
            model::Request request;
            request.terms.instrument = w.a;
            request.size.lots = 4;
            request.stop_loss.emplace().distance = Rate::of(0.0003);
            request.take_profit.emplace().distance = Rate::of(0.0003);
            const OrderId entry = c.place(request);
            model::Request share;
            share.terms.instrument = w.a;
            share.size.kind = model::SizeKind::percent;
            share.size.percent = Rate::of(1e-6);
            c.place(share);
            c.cancel(entry);
        });
    }
}

std::vector<std::byte> outbound(const engine::JournalMemory& journal) {
    codec::JournalEncoder encoder;
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < journal.events().size(); ++i) {
        if (journal.sides()[i] == JournalSide::outbound) {
            encoder.append(journal.events()[i], JournalSide::outbound, bytes);
        }
    }
    return bytes;
}

}  // namespace

TEST_CASE("the inbound journal of a run on books with executions reproduces the outbound one byte for byte") {
    std::size_t executions = 0, fills = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        CAPTURE(seed);
        TickWorld w;
        busy(w, seed);
        engine::JournalMemory recording;
        w.config.journal = &recording;
        const backtest::Result result = w.run();
        executions += result.executions.size();
        fills += result.fills.size();
        CHECK(result.anomalies.empty());

        TickWorld again;  // its strategy and settings, not its market
        busy(again, seed);
        engine::Tape tape{recording.events(), recording.sides()};
        engine::SessionConfig settings = again.config.session;
        settings.venue_of_instrument.assign(again.universe.size(), 0);
        const std::array<strategy::Strategy*, 1> strategies{&again.script};
        model::ReplayClock clock;
        engine::Session session{again.universe, clock, tape.venues(), strategies, settings};
        engine::JournalMemory copy;
        session.set_journal(&copy);
        session.run_until(time_max);
        session.finish();
        CHECK(tape.is_over());
        CHECK(outbound(copy) == outbound(recording));
        CHECK(session.outbound_signature() == result.outbound_signature);
        CHECK(session.signature() == result.signature);
    }
    CHECK(executions == 24);
    CHECK(fills > 100);
}
