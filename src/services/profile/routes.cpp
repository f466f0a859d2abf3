#include "services/profile/service.hpp"

namespace ruck::profile {

void add_routes(http::Router& r, ProfileService& s) {
  constexpr http::Limit kRead = http::per_hour(1000);  // contract core §2.1
  http::get(r, "/api/users/profile", "profile.get",
            {.summary = "The signed-in user's profile", .limit = kRead, .cached = true}, &s,
            &ProfileService::get);
  r.alias("/api/auth/profile");
  http::put(r, "/api/users/profile", "profile.update",
            {.summary = "Change any of the profile's fields"}, &s, &ProfileService::update);
  r.alias("/api/auth/profile");
  http::post(r, "/api/users/profile", "profile.create",
             {.summary = "The same, for apps that create a profile after a social login"}, &s,
             &ProfileService::create);
  r.alias("/api/auth/profile");
  http::patch(r, "/api/users/me/privacy", "profile.set_privacy",
              {.summary = "Make the profile private or public"}, &s, &ProfileService::set_privacy);
  http::get(r, "/api/users/{id}", "profile.get_public",
            {.summary = "What anybody may see of a user"}, &s, &ProfileService::get_public);
  http::patch(r, "/api/users/{id}", "profile.patch", {.summary = "Change one's own profile"}, &s,
              &ProfileService::patch);
  http::del(
      r, "/api/users/{id}", "profile.delete",
      {.summary = "Hide one's own account now; after a week it is gone with everything in it"}, &s,
      &ProfileService::remove);
}

}  // namespace ruck::profile
