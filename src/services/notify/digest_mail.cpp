#include "services/notify/digest_mail.hpp"

#include "mail/letter.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace ruck::notify {
namespace {
using std::chrono::days;

constexpr double kMetresOfMile = 1609.344;  // the international mile, 1959
constexpr double kMetresOfFoot = 0.3048;
constexpr double kKilogramsOfPound = 0.45359237;

// "23 November"
std::string day_text(Day day) {
  constexpr auto kMonths = std::to_array<std::string_view>(
      {"January", "February", "March", "April", "May", "June", "July", "August", "September",
       "October", "November", "December"});
  const std::chrono::year_month_day date(day);
  return fmt::format("{} {}", static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1));
}

std::string distance_text(double metres, bool is_metric) {
  return is_metric ? fmt::format("{:.1f} km", metres / 1000)
                   : fmt::format("{:.1f} mi", metres / kMetresOfMile);
}

std::string climb_text(double metres, bool is_metric) {
  return is_metric ? fmt::format("{:.0f} m", metres)
                   : fmt::format("{:.0f} ft", metres / kMetresOfFoot);
}

std::string time_text(double seconds) {
  const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60));
  return minutes < 60 ? fmt::format("{} min", minutes)
                      : fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string energy_text(double kcal) { return fmt::format("{:.0f} kcal", kcal); }

// The load of an average kilometre. Nothing where there was no way.
std::string load_text(const stats::DayTotals& totals, bool is_metric) {
  if (totals.distance_m < 1) return "-";
  const double kg = totals.load_distance_kg_km / (totals.distance_m / 1000);
  return is_metric ? fmt::format("{:.1f} kg", kg)
                   : fmt::format("{:.1f} lb", kg / kKilogramsOfPound);
}

std::string rucks_text(std::int64_t count) {
  return fmt::format("{} ruck{}", count, count == 1 ? "" : "s");
}

mail::Figures figures_of(const Digest& d) {
  const auto row = [](std::string label, std::string now, const std::string& before) {
    return mail::Figure{
        .label = std::move(label), .value = std::move(now), .note = "week before: " + before};
  };
  const bool is_metric = d.is_metric;
  mail::Figures figures{
      row("Rucks", std::to_string(d.week.rucks), std::to_string(d.before.rucks)),
      row("Distance", distance_text(d.week.distance_m, is_metric),
          distance_text(d.before.distance_m, is_metric)),
      row("Time", time_text(d.week.duration_s), time_text(d.before.duration_s)),
      row("Climb", climb_text(d.week.elevation_gain_m, is_metric),
          climb_text(d.before.elevation_gain_m, is_metric)),
      row("Energy", energy_text(d.week.calories_kcal), energy_text(d.before.calories_kcal)),
      row("Load on average", load_text(d.week, is_metric), load_text(d.before, is_metric))};
  if (d.received.likes > 0) {
    figures.push_back({.label = "Likes", .value = std::to_string(d.received.likes), .note = {}});
  }
  if (d.received.comments > 0) {
    figures.push_back(
        {.label = "Comments", .value = std::to_string(d.received.comments), .note = {}});
  }
  return figures;
}
}  // namespace

mail::Message digest_mail(const Digest& d) {
  return mail::to_message(
      {.to = d.to,
       .subject = fmt::format("Your week: {}, {}", rucks_text(d.week.rucks),
                              distance_text(d.week.distance_m, d.is_metric)),
       .paragraphs = {fmt::format("Hello {},", d.name),
                      fmt::format("this is your week from Monday, {}, to Sunday, {}.",
                                  day_text(d.first), day_text(d.first + days(6))),
                      figures_of(d),
                      mail::Link{
                          .lead = "More about it:", .label = "Statistics", .url = d.statistics_url},
                      "You get this mail on Mondays after a week with a ruck, because you chose it"
                      " in the settings."},
       .unsubscribe_url = d.unsubscribe_url});
}

}  // namespace ruck::notify
