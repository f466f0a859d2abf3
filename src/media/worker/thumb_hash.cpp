#include "media/worker/thumb_hash.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace ruck::media {
namespace {
// As JavaScript rounds: halves upwards.
int round_up_half(double value) { return static_cast<int>(std::floor(value + 0.5)); }

struct Channel {
  double dc = 0;
  std::vector<double> ac;  // from 0 to 1
  double scale = 0;
};

struct Size {
  int width;
  int height;
};

// The lower triangle of nx × ny frequencies of a discrete cosine transform.
Channel encode(const std::vector<double>& values, Size size, int nx, int ny) {
  const double pi = std::numbers::pi;
  Channel out;
  std::vector<double> fx(static_cast<std::size_t>(size.width));
  for (int cy = 0; cy < ny; ++cy) {
    for (int cx = 0; cx * ny < nx * (ny - cy); ++cx) {
      for (int x = 0; x < size.width; ++x) {
        fx[static_cast<std::size_t>(x)] = std::cos(pi / size.width * cx * (x + 0.5));
      }
      double f = 0;
      for (int y = 0; y < size.height; ++y) {
        const double fy = std::cos(pi / size.height * cy * (y + 0.5));
        for (int x = 0; x < size.width; ++x) {
          const auto at = static_cast<std::size_t>(x + y * size.width);
          f += values[at] * fx[static_cast<std::size_t>(x)] * fy;
        }
      }
      f /= size.width * size.height;
      if (cx > 0 || cy > 0) {
        out.ac.push_back(f);
        out.scale = std::max(out.scale, std::abs(f));
      } else {
        out.dc = f;
      }
    }
  }
  if (out.scale > 0) {
    for (double& each : out.ac) each = 0.5 + 0.5 / out.scale * each;
  }
  return out;
}

// Luminance, yellow against blue, red against green, alpha.
struct Planes {
  std::vector<double> l, p, q, a;
  bool has_alpha = false;
};

Planes planes_of(Size size, std::span<const std::uint8_t> rgba) {
  double r_mean = 0, g_mean = 0, b_mean = 0, a_sum = 0;
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    const double alpha = rgba[i + 3] / 255.0;
    r_mean += alpha / 255 * rgba[i];
    g_mean += alpha / 255 * rgba[i + 1];
    b_mean += alpha / 255 * rgba[i + 2];
    a_sum += alpha;
  }
  if (a_sum > 0) {
    r_mean /= a_sum;
    g_mean /= a_sum;
    b_mean /= a_sum;
  }
  Planes out;
  out.has_alpha = a_sum < size.width * size.height;
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    const double alpha = rgba[i + 3] / 255.0;
    const double r = r_mean * (1 - alpha) + alpha / 255 * rgba[i];
    const double g = g_mean * (1 - alpha) + alpha / 255 * rgba[i + 1];
    const double b = b_mean * (1 - alpha) + alpha / 255 * rgba[i + 2];
    out.l.push_back((r + g + b) / 3);
    out.p.push_back((r + g) / 2 - b);
    out.q.push_back(r - g);
    out.a.push_back(alpha);
  }
  return out;
}

char byte_of(int value) { return static_cast<char>(static_cast<unsigned char>(value & 255)); }
}  // namespace

std::string thumb_hash(int width, int height, std::span<const std::uint8_t> rgba) {
  RUCK_ASSERT(width >= 1 && width <= kThumbHashSideMax);
  RUCK_ASSERT(height >= 1 && height <= kThumbHashSideMax);
  RUCK_ASSERT(rgba.size() ==
              static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
  const Size size{.width = width, .height = height};
  const Planes planes = planes_of(size, rgba);
  const int limit =
      planes.has_alpha ? 5 : 7;  // fewer bits for the luminance where alpha needs some
  const double longer = std::max(width, height);
  const int lx = std::max(1, round_up_half(limit * width / longer));
  const int ly = std::max(1, round_up_half(limit * height / longer));

  const Channel l = encode(planes.l, size, std::max(3, lx), std::max(3, ly));
  const Channel p = encode(planes.p, size, 3, 3);
  const Channel q = encode(planes.q, size, 3, 3);
  const Channel a = planes.has_alpha ? encode(planes.a, size, 5, 5) : Channel{};

  const bool is_landscape = width > height;
  const int head = round_up_half(63 * l.dc) | (round_up_half(31.5 + 31.5 * p.dc) << 6) |
                   (round_up_half(31.5 + 31.5 * q.dc) << 12) | (round_up_half(31 * l.scale) << 18) |
                   (planes.has_alpha ? 1 << 23 : 0);
  const int more = (is_landscape ? ly : lx) | (round_up_half(63 * p.scale) << 3) |
                   (round_up_half(63 * q.scale) << 9) | (is_landscape ? 1 << 15 : 0);
  std::string hash = {byte_of(head), byte_of(head >> 8), byte_of(head >> 16), byte_of(more),
                      byte_of(more >> 8)};
  if (planes.has_alpha) {
    hash.push_back(byte_of(round_up_half(15 * a.dc) | (round_up_half(15 * a.scale) << 4)));
  }
  bool is_high = false;
  for (const Channel* channel : {&l, &p, &q, &a}) {
    for (const double factor : channel->ac) {
      const int nibble = round_up_half(15 * factor);
      if (is_high) {
        hash.back() = byte_of(static_cast<unsigned char>(hash.back()) | (nibble << 4));
      } else {
        hash.push_back(byte_of(nibble));
      }
      is_high = !is_high;
    }
  }
  return hash;
}

}  // namespace ruck::media
