// A recorded run as the world of another one: plays the inbound side of a journal to a session that has the same
// strategies and settings, and so repeats the outbound side byte for byte. Every incident becomes a test case.
//
// One thread owns a tape and its venues. What the session sends is only counted: an event comes no earlier than the
// commands that had left before it, so an answer never precedes its question.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "walras/codec/journal.hpp"
#include "walras/model/venue.hpp"

namespace walras::engine {

class Tape {
public:
    // Both sides of a journal in its order, as data::read_journal gives them. Throws DataError where the inbound side
    // does not begin with the start of a session.
    Tape(std::span<const model::Event> events, std::span<const codec::JournalSide> sides);
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;
    ~Tape();

    // One for each source that the run had, in their order; for the session's constructor. They live in the tape.
    [[nodiscard]] std::span<model::Venue* const> venues() const { return venues_; }
    // Everything was played. What is left belongs to commands that the session did not send: it decided otherwise.
    [[nodiscard]] bool is_over() const { return next_ == entries_.size(); }

private:
    struct Entry {
        model::Event event;
        std::size_t commands = 0;  // that had left before it
    };
    class Player;

    std::vector<Entry> entries_;
    std::size_t next_ = 0;
    std::size_t sent_ = 0;
    bool stalled_ = false;  // nothing that the session does by itself brings the next entry
    TimeNs start_{};
    TimeNs stop_ = time_max;
    std::vector<std::unique_ptr<Player>> players_;
    std::vector<model::Venue*> venues_;
};

}  // namespace walras::engine
