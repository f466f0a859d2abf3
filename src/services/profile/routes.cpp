#include "http/endpoint.hpp"
#include "services/profile/service.hpp"

namespace ruck::profile {

void add_routes(http::Router& r, ProfileService& s) {
  constexpr http::Limit kRead = http::per_hour(1000);  // contract core §2.1
  http::get(r, "/api/users/profile", "profile.get",
            {.summary = "Get the signed-in user's profile", .limit = kRead, .cached = true}, &s,
            &ProfileService::get);
  r.alias("/api/auth/profile");
  http::put(r, "/api/users/profile", "profile.update",
            {.summary = "Update the signed-in user's profile"}, &s, &ProfileService::update);
  r.alias("/api/auth/profile");
  http::post(r, "/api/users/profile", "profile.create",
             {.summary = "Create the profile, for apps that do so after a social login"}, &s,
             &ProfileService::create);
  r.alias("/api/auth/profile");
  http::patch(r, "/api/users/me/privacy", "profile.set_privacy",
              {.summary = "Set whether the profile is private"}, &s, &ProfileService::set_privacy);
  http::get(r, "/api/users/{id}", "profile.get_public",
            {.summary = "Get what anybody may see of a user"}, &s, &ProfileService::get_public);
  http::patch(r, "/api/users/{id}", "profile.patch", {.summary = "Update your own profile"}, &s,
              &ProfileService::patch);
  http::del(
      r, "/api/users/{id}", "profile.delete",
      {.summary = "Delete your own account: hidden now, removed with all its data after a week"},
      &s, &ProfileService::remove);
}

}  // namespace ruck::profile
