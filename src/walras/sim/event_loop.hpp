// The second clock: agents wake one by one in continuous time, and what they say and hear travels.
//
//   wake      the agent asks for the market; its question travels to the exchange
//   question  the exchange answers with the symbol's market as it is then; the answer travels back
//   answer    the agent thinks for `compute_delay` and decides on what it was told; its orders travel
//   order     meets the book; every report travels to whom it concerns
//   report    the agent's books take it in
//
// An agent wakes as a Poisson process with a mean of tick_length * every / chance of its group, or, if its wake is
// regular, at equal distances from a first time that is drawn. Each way takes the agent's own delay (drawn once between
// least and most) and an exponential jitter. Ticks of the market go on meanwhile: they bring news, fair values and
// candles. Agents of tier 2 wake at the trade that crosses their price, and at the tick for what ticks bring: times,
// news, and a price condition that held already when it was set.
//
// One thread; events of one time happen in the order in which they were made. The clock's draws are keyed by (seed,
// group, agent, count of the agent's wakes).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/symbol_market.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {

class Market;

enum class MessageKind : std::uint8_t { wake, question, answer, order, cancel, accepted, filled, ended };
inline constexpr std::size_t message_kinds = 8;
std::string_view to_string(MessageKind);

class EventLoop {
public:
    explicit EventLoop(Market& market);

    // Everything up to and including `until`.
    void run(TimeNs until);
    // Agents of tier 2 whose condition holds: they ask at once.
    void wake_now(std::span<const Agent> agents, TimeNs now);

    // What the symbol's market has to tell agents goes on its way, and whom its last price concerns wakes.
    void deliver(std::uint32_t symbol);

    [[nodiscard]] const std::array<std::uint64_t, message_kinds>& messages() const { return messages_; }
    [[nodiscard]] std::uint64_t message_count() const;
    [[nodiscard]] std::size_t pending() const { return heap_.size(); }
    // Lots and money of reports that are still on their way, for whoever adds things up.
    template <class F>
    void each_pending_report(F f) const {
        for (const Event& e : heap_) {
            if (e.kind >= MessageKind::accepted) { f(reports_[e.place].told, reports_[e.place].symbol); }
        }
    }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    struct Event {
        TimeNs when{};
        std::uint64_t number = 0;  // order of making
        Agent agent = 0;
        std::uint32_t place = 0;  // of what it carries, by kind
        MessageKind kind = MessageKind::wake;
        bool operator<(const Event& other) const {
            return when != other.when ? when > other.when : number > other.number;
        }
    };
    struct Report {
        Settlement told;
        std::uint32_t symbol = 0;
    };
    // What travels, in places that are used again.
    template <class T>
    struct Places {
        std::vector<T> items;
        std::vector<std::uint32_t> free;
        std::uint32_t open() {
            if (free.empty()) {
                items.emplace_back();
                return static_cast<std::uint32_t>(items.size() - 1);
            }
            const std::uint32_t place = free.back();
            free.pop_back();
            return place;
        }
        std::uint32_t put(const T& item) {
            const std::uint32_t place = open();
            items[place] = item;
            return place;
        }
        void close(std::uint32_t place) { free.push_back(place); }
        const T& operator[](std::uint32_t place) const { return items[place]; }
    };

    template <class Self>
    static void visit(Self& self, auto& archive);
    void push(TimeNs when, MessageKind kind, Agent agent, std::uint32_t place = 0);
    void sleep(Agent agent, TimeNs now);  // until its next wake
    [[nodiscard]] DurationNs trip(Agent agent);
    [[nodiscard]] TimeNs to_exchange(Agent agent);
    [[nodiscard]] TimeNs to_agent(Agent agent);
    void look(Agent agent, std::vector<SymbolView>& out) const;
    void decide(Agent agent, const std::vector<SymbolView>& told);
    void arrive(const Sent& sent);

    Market& market_;
    std::vector<Event> heap_;
    std::uint64_t made_ = 0;
    std::uint64_t decisions_ = 0;
    std::vector<std::int64_t> delay_ns_;     // by agent
    std::vector<std::uint32_t> wakes_;       // by agent: how often it was put to sleep
    std::vector<std::uint32_t> trips_;       // by agent: messages so far
    std::vector<std::uint32_t> decided_;     // by agent: decisions so far
    std::vector<TimeNs> sent_until_;         // by agent: nothing that it sends overtakes what it sent before,
    std::vector<TimeNs> told_until_;         // nor what it is told
    Places<std::vector<SymbolView>> views_;  // of the agent's symbols
    Places<Sent> orders_;
    Places<Report> reports_;
    std::array<std::uint64_t, message_kinds> messages_{};
    Entrance entrance_;
    std::vector<Agent> woken_;
    TimeNs now_{};
};

}  // namespace walras::sim
