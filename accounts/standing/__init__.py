"""Where a member stands (会员等级与信用): three scores, the tier that follows, and the guide party."""
