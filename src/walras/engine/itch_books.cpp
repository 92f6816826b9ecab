#include "walras/engine/itch_books.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "walras/codec/itch/messages.hpp"
#include "walras/codec/whole_units.hpp"

namespace walras::engine {

using book::MarketBook;
using codec::itch::Message;
using model::OrderSide;

class ItchBooks::Listener {
public:
    Listener(codec::TickOptions options, const book::MarketBookConfig& config)
        : reader_(std::move(options)),
          units_(reader_.options().lot_size, reader_.options().source),
          config_(config),
          date_(reader_.options().date) {}

    std::size_t read(std::span<const std::byte> bytes, bool is_end, std::size_t messages) {
        limit_ = reader_.messages() + std::min(messages, SIZE_MAX - reader_.messages());
        return reader_.read(bytes, is_end, *this);
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const { return reader_.symbols(); }
    [[nodiscard]] const MarketBook& book(std::size_t index) const { return books_[index]; }
    [[nodiscard]] std::uint64_t messages() const { return reader_.messages(); }

    // ---- what the reader calls
    static constexpr int looks = 3;
    // A few books are in the cache anyway.
    [[nodiscard]] bool wants_looks() const { return count_ > 8; }
    template <int Pass>
    [[gnu::always_inline]] void look(const std::byte* m, std::uint32_t instrument) const {
        if (instrument >= count_) { return; }
        const MarketBook& book = books_[instrument];
        const std::uint64_t id = codec::load_big64(m + 11);
        if constexpr (Pass == 0) {
            book.look_for(id);
        } else if ((*m == std::byte{'A'}) | (*m == std::byte{'F'})) {
            const auto side = static_cast<OrderSide>(m[19] == std::byte{'S'});
            const Price price = price_of(codec::load_big32(m + 32));
            Pass == 1 ? book.look_at_level(side, price) : book.look_at_tail(side, price);
        } else {
            Pass == 1 ? book.look_at(id) : book.look_around(id);
        }
    }
    [[nodiscard]] bool room() const { return reader_.messages() < limit_; }

    void on_add(const Message& m, std::uint64_t id, OrderSide side, std::uint32_t size, std::uint32_t price) {
        MarketBook& book = book_of(m);
        book.add_order(id, side, book.tick_of(price_of(price)), units_.to_lots(size, m.number).lots);
    }
    void on_execute(const Message& m, std::uint64_t id, std::uint32_t size, std::optional<std::uint32_t>, bool) {
        book_of(m).take_order(id, units_.to_lots(size, m.number).lots);
    }
    void on_reduce(const Message& m, std::uint64_t id, std::uint32_t size) {
        book_of(m).take_order(id, units_.to_lots(size, m.number).lots);
    }
    void on_remove(const Message& m, std::uint64_t id) { book_of(m).remove_order(id); }
    void on_replace(const Message& m, std::uint64_t old, std::uint64_t id, std::uint32_t size, std::uint32_t price) {
        MarketBook& book = book_of(m);
        book.replace_order(old, id, book.tick_of(price_of(price)), units_.to_lots(size, m.number).lots);
    }
    void on_print(const Message& m, std::uint32_t, std::uint32_t, std::uint64_t) { book_of(m); }
    void on_name(const Message& m) {
        model::BookDelta delta;
        delta.action = model::BookAction::clear;
        book_of(m).apply(delta, model::flag_snapshot | model::flag_last);
    }
    void on_trading(const Message& m, model::BookState state) {
        model::BookDelta delta;
        delta.action = model::BookAction::state;
        delta.order = static_cast<std::uint64_t>(state);
        book_of(m).apply(delta, model::flag_last);
    }

private:
    static Price price_of(std::uint32_t price) { return Price{price * codec::itch::price_unit}; }
    MarketBook& book_of(const Message& m) {
        while (m.instrument >= count_) [[unlikely]] {
            books_.emplace_back(config_);
            ++count_;
        }
        MarketBook& book = books_[m.instrument];
        book.stamp(TimeNs{date_ + m.since_midnight()}, m.number);
        return book;
    }

    codec::itch::Reader<Listener> reader_;
    codec::WholeUnits units_;
    book::MarketBookConfig config_;
    std::int64_t date_;
    std::vector<MarketBook> books_;
    std::size_t count_ = 0;    // of books
    std::uint64_t limit_ = 0;  // of messages in all
};

ItchBooks::ItchBooks(codec::TickOptions options, const book::MarketBookConfig& config)
    : listener_(std::make_unique<Listener>(std::move(options), config)) {}
ItchBooks::~ItchBooks() = default;

std::size_t ItchBooks::read(std::span<const std::byte> bytes, bool is_end, std::size_t messages) {
    return listener_->read(bytes, is_end, messages);
}
const std::vector<std::string>& ItchBooks::symbols() const { return listener_->symbols(); }
const MarketBook& ItchBooks::book(std::size_t index) const { return listener_->book(index); }
std::uint64_t ItchBooks::messages() const { return listener_->messages(); }

}  // namespace walras::engine
