"""What is done with grants beyond giving them: groups, engagements, reviews, and saying who may do what and why."""
