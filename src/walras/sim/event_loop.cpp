#include "walras/sim/event_loop.hpp"

#include <algorithm>
#include <numeric>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/sim/market.hpp"

namespace walras::sim {
namespace {

// Streams beside a group's own.
constexpr std::uint32_t delay_stream = 0x64656c01;
constexpr std::uint32_t wake_stream = 0x77616b01;
constexpr std::uint32_t trip_stream = 0x74726901;

std::int64_t whole_ns(double ns) { return static_cast<std::int64_t>(ns < 9e18 ? ns : 9e18); }

}  // namespace

std::string_view to_string(MessageKind kind) {
    constexpr std::array<std::string_view, message_kinds> names{"wake",   "question", "answer", "order",
                                                                "cancel", "accepted", "filled", "ended"};
    return names[static_cast<std::size_t>(kind)];
}

EventLoop::EventLoop(Market& market)
    : market_(market), entrance_(market.population_, market.rules_), now_(market.view_.now) {
    const Population& population = market.population_;
    delay_ns_.resize(population.size());
    wakes_.resize(population.size());
    trips_.resize(population.size());
    decided_.resize(population.size());
    sent_until_.assign(population.size(), now_);
    told_until_.assign(population.size(), now_);
    heap_.reserve(2 * std::size_t{population.size()} + 64);
    for (const Group& group : population.groups) {
        const Delay& delay = group.delay;
        for (Agent a = group.begin; a < group.end; ++a) {
            core::Random random({market.config_.seed, group.stream ^ delay_stream, a - group.begin, 0});
            const auto span = static_cast<double>(delay.most.ns - delay.least.ns);
            delay_ns_[a] = delay.least.ns + whole_ns(random.uniform() * span);
            if (group.spec->tier == 1) { sleep(a, now_); }
        }
    }
}

// ---- times

void EventLoop::push(TimeNs when, MessageKind kind, Agent agent, std::uint32_t place) {
    heap_.push_back({when, made_++, agent, place, kind});
    std::push_heap(heap_.begin(), heap_.end());
}

void EventLoop::sleep(Agent agent, TimeNs now) {
    const Group& group = market_.population_.group_of(agent);
    if (group.wake.chance <= 0) { return; }
    const double mean = static_cast<double>(market_.config_.tick_length.ns) * group.wake.every / group.wake.chance;
    const std::uint32_t count = wakes_[agent]++;
    double wait = mean;
    if (!group.wake.regular || count == 0) {
        core::Random random({market_.config_.seed, group.stream ^ wake_stream, agent - group.begin, count});
        wait = group.wake.regular ? mean * random.uniform() : mean * random.exponential();
    }
    push(now + DurationNs{std::max<std::int64_t>(1, whole_ns(wait))}, MessageKind::wake, agent);
}

DurationNs EventLoop::trip(Agent agent) {
    const Group& group = market_.population_.group_of(agent);
    if (group.delay.jitter.ns == 0) { return {delay_ns_[agent]}; }
    core::Random random({market_.config_.seed, group.stream ^ trip_stream, agent - group.begin, trips_[agent]++});
    return {delay_ns_[agent] + whole_ns(static_cast<double>(group.delay.jitter.ns) * random.exponential())};
}

TimeNs EventLoop::to_exchange(Agent agent) {
    return sent_until_[agent] = std::max(sent_until_[agent], now_ + trip(agent));
}
TimeNs EventLoop::to_agent(Agent agent) {
    return told_until_[agent] = std::max(told_until_[agent], now_ + trip(agent));
}

// ---- what happens

void EventLoop::wake_now(std::span<const Agent> agents, TimeNs now) {
    for (const Agent agent : agents) { push(now, MessageKind::wake, agent); }
}

void EventLoop::run(TimeNs until) {
    while (!heap_.empty() && heap_.front().when <= until) {
        std::pop_heap(heap_.begin(), heap_.end());
        const Event event = heap_.back();
        heap_.pop_back();
        now_ = event.when;
        ++messages_[static_cast<std::size_t>(event.kind)];
        switch (event.kind) {
            case MessageKind::wake:
                push(to_exchange(event.agent), MessageKind::question, event.agent);
                if (market_.population_.group_of(event.agent).spec->tier == 1) { sleep(event.agent, now_); }
                break;
            case MessageKind::question: {
                const std::uint32_t place = views_.open();
                look(event.agent, views_.items[place]);
                push(to_agent(event.agent), MessageKind::answer, event.agent, place);
                break;
            }
            case MessageKind::answer:
                decide(event.agent, views_[event.place]);
                views_.close(event.place);
                break;
            case MessageKind::order:
            case MessageKind::cancel: {
                const Sent sent = orders_[event.place];
                orders_.close(event.place);
                arrive(sent);
                break;
            }
            case MessageKind::accepted:
            case MessageKind::filled:
            case MessageKind::ended: {
                const Report report = reports_[event.place];
                reports_.close(event.place);
                market_.apply(market_.shards_.front(), market_.population_.group_of(event.agent), report.told,
                              report.symbol);
                break;
            }
        }
    }
    now_ = until;
}

// The agent's symbols as they are.
void EventLoop::look(Agent agent, std::vector<SymbolView>& out) const {
    const Group& group = market_.population_.group_of(agent);
    out.clear();
    for (std::uint32_t h = 0; h < group.width; ++h) {
        const std::uint32_t s = group.symbol_of(agent, h);
        out.push_back(market_.view_.symbols[s]);
        market_.symbols_[s]->show(out.back());
    }
}

void EventLoop::decide(Agent agent, const std::vector<SymbolView>& told) {
    const Group& group = market_.population_.group_of(agent);
    MarketView& view = market_.view_;
    for (std::uint32_t h = 0; h < group.width; ++h) { view.symbols[group.symbol_of(agent, h)] = told[h]; }
    view.now = now_;
    entrance_.clear();
    if (group.order_life > 0) { entrance_.expire(group, agent, agent + 1, view); }
    entrance_.open_at(group, {view.tick, ++decided_[agent], ++decisions_}, {&agent, 1});
    group.kind->decide(view, {&agent, 1}, entrance_);
    ++market_.counts_.awake;
    for (std::size_t r = 0; r < refusal_count; ++r) { market_.counts_.refusals[r] += entrance_.refusals()[r]; }
    for (const ConditionChange& change : entrance_.conditions()) { market_.wake_index_.apply(change); }
    for (MarketHook* hook : market_.hooks_) { hook->on_orders(entrance_.sent()); }
    now_ = now_ + market_.config_.compute_delay;
    // Cancels go first, as in a tick.
    for (const bool is_cancel : {true, false}) {
        for (const Sent& sent : entrance_.sent()) {
            if (sent.is_cancel != is_cancel) { continue; }
            push(to_exchange(agent), is_cancel ? MessageKind::cancel : MessageKind::order, agent, orders_.put(sent));
        }
    }
}

void EventLoop::arrive(const Sent& sent) {
    market_.symbols_[sent.symbol]->send_at(sent, now_);
    deliver(sent.symbol);
}

void EventLoop::deliver(std::uint32_t symbol) {
    core::BigVector<Settlement>& told = market_.symbols_[symbol]->shards().front();
    for (const Settlement& s : told) {
        // What was located is noted, not told.
        if (s.kind == Settlement::Kind::located) {
            market_.apply(market_.shards_.front(), market_.population_.group_of(s.agent), s, symbol);
            continue;
        }
        const MessageKind kind = s.kind == Settlement::Kind::filled  ? MessageKind::filled
                                 : s.kind == Settlement::Kind::ended ? MessageKind::ended
                                                                     : MessageKind::accepted;
        push(to_agent(s.agent), kind, s.agent, reports_.put({s, symbol}));
    }
    told.clear();
}

// ---- what it is

std::uint64_t EventLoop::message_count() const {
    return std::accumulate(messages_.begin(), messages_.end(), std::uint64_t{0});
}

namespace {

void save_views(core::ArchiveWriter& out, const std::vector<std::vector<SymbolView>>& views) {
    out.value(views.size());
    for (const auto& view : views) { out.array(view); }
}
void load_views(core::ArchiveReader& in, std::vector<std::vector<SymbolView>>& views) {
    views.resize(std::min(in.value<std::size_t>(), in.left()));
    for (auto& view : views) { in.array(view); }
}

}  // namespace

template <class Self>
void EventLoop::visit(Self& self, auto& archive) {
    archive.array(self.heap_);
    archive.value(self.made_);
    archive.value(self.decisions_);
    archive.array(self.delay_ns_);
    archive.array(self.wakes_);
    archive.array(self.trips_);
    archive.array(self.decided_);
    archive.array(self.sent_until_);
    archive.array(self.told_until_);
    archive.array(self.views_.free);
    archive.array(self.orders_.items);
    archive.array(self.orders_.free);
    archive.array(self.reports_.items);
    archive.array(self.reports_.free);
    archive.value(self.messages_);
    archive.value(self.now_);
}

void EventLoop::save(core::ArchiveWriter& out) const {
    visit(*this, out);
    save_views(out, views_.items);
}

void EventLoop::load(core::ArchiveReader& in) {
    visit(*this, in);
    load_views(in, views_.items);
    const bool fits = delay_ns_.size() == market_.population_.size() && wakes_.size() == delay_ns_.size() &&
                      trips_.size() == delay_ns_.size() && decided_.size() == delay_ns_.size() &&
                      sent_until_.size() == delay_ns_.size() && told_until_.size() == delay_ns_.size();
    if (!fits) { throw DataError("This checkpoint is of another population; restore its own configuration."); }
}

}  // namespace walras::sim
