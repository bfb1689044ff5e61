-- The original specification's schema as printed, with what it takes for granted in front: the true positives of our lints.

-- What hosted Supabase used to bring: a minimum of auth, and everything granted to everybody.
create schema auth;
create table auth.users (id uuid primary key default gen_random_uuid(), email text);
create function auth.jwt() returns jsonb language sql stable return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
create function auth.uid() returns uuid language sql stable return (auth.jwt() ->> 'sub')::uuid;
create function public.uuid_generate_v4() returns uuid language sql volatile return gen_random_uuid();
grant usage on schema public, auth to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;

-- Used by it and created nowhere.
create table skills (id uuid primary key, name text not null);
create table profiles (
    id uuid primary key references auth.users, full_name text, avatar_url text, user_type text, is_premium boolean, is_guest boolean);
create table user_skills (
    id uuid primary key, user_id uuid references auth.users, skill_id uuid references skills, verified boolean, unique (user_id, skill_id));

-- As printed.

-- User levels and XP tracking
CREATE TABLE user_levels (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    current_level INTEGER DEFAULT 1 NOT NULL,
    total_xp INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW(),
    UNIQUE(user_id)
);

-- XP transactions log
CREATE TABLE xp_transactions (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    amount INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN (
        'course_completion', 'skill_mastery', 'social_interaction',
        'quiz_completion', 'project_submission', 'daily_login',
        'achievement_unlock'
    )),
    metadata JSONB DEFAULT '{}'::jsonb,
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_xp_transactions_user_id ON xp_transactions(user_id);
CREATE INDEX idx_xp_transactions_created_at ON xp_transactions(created_at);

-- Achievements/Badges
CREATE TABLE badges (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    name TEXT NOT NULL,
    description TEXT,
    icon_url TEXT,
    rarity TEXT NOT NULL CHECK (rarity IN ('common', 'rare', 'epic', 'legendary')),
    category TEXT NOT NULL CHECK (category IN ('learning', 'social', 'achievement', 'skill', 'milestone')),
    requirement_type TEXT NOT NULL,
    requirement_value INTEGER NOT NULL,
    requirement_score INTEGER DEFAULT 0,
    points INTEGER DEFAULT 0 NOT NULL,
    skill_id UUID REFERENCES skills(id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_badges_category ON badges(category);
CREATE INDEX idx_badges_rarity ON badges(rarity);

-- User badges (earned achievements)
CREATE TABLE user_badges (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    badge_id UUID NOT NULL REFERENCES badges(id) ON DELETE CASCADE,
    earned_at TIMESTAMPTZ DEFAULT NOW(),
    metadata JSONB DEFAULT '{}'::jsonb,
    UNIQUE(user_id, badge_id)
);

CREATE INDEX idx_user_badges_user_id ON user_badges(user_id);
CREATE INDEX idx_user_badges_earned_at ON user_badges(earned_at);

-- Leaderboard materialized view for performance
CREATE MATERIALIZED VIEW leaderboard_all_time AS
SELECT
    u.id as user_id,
    p.full_name,
    p.avatar_url,
    p.user_type,
    ul.current_level,
    ul.total_xp,
    COUNT(DISTINCT ub.badge_id) as badge_count,
    COUNT(DISTINCT us.skill_id) as skill_count,
    ROW_NUMBER() OVER (ORDER BY ul.total_xp DESC, ul.current_level DESC) as rank
FROM auth.users u
JOIN profiles p ON u.id = p.id
LEFT JOIN user_levels ul ON u.id = ul.user_id
LEFT JOIN user_badges ub ON u.id = ub.user_id
LEFT JOIN user_skills us ON u.id = us.user_id AND us.verified = true
WHERE p.is_guest = false
GROUP BY u.id, p.full_name, p.avatar_url, p.user_type, ul.current_level, ul.total_xp;

CREATE INDEX idx_leaderboard_rank ON leaderboard_all_time(rank);

-- Refresh leaderboard every hour
CREATE OR REPLACE FUNCTION refresh_leaderboard()
RETURNS void AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY leaderboard_all_time;
END;
$$ LANGUAGE plpgsql;

-- Posts
CREATE TABLE posts (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    content TEXT NOT NULL CHECK (LENGTH(content) <= 5000),
    attachments JSONB DEFAULT '[]'::jsonb,
    visibility TEXT NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'followers', 'private')),
    likes_count INTEGER DEFAULT 0 NOT NULL,
    comments_count INTEGER DEFAULT 0 NOT NULL,
    shares_count INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW(),
    deleted_at TIMESTAMPTZ
);

CREATE INDEX idx_posts_user_id ON posts(user_id);
CREATE INDEX idx_posts_created_at ON posts(created_at DESC);
CREATE INDEX idx_posts_visibility ON posts(visibility);

-- Post likes
CREATE TABLE post_likes (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    post_id UUID NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    UNIQUE(post_id, user_id)
);

CREATE INDEX idx_post_likes_post_id ON post_likes(post_id);
CREATE INDEX idx_post_likes_user_id ON post_likes(user_id);

-- Comments
CREATE TABLE comments (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    post_id UUID NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    parent_comment_id UUID REFERENCES comments(id) ON DELETE CASCADE,
    content TEXT NOT NULL CHECK (LENGTH(content) <= 1000),
    likes_count INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW(),
    deleted_at TIMESTAMPTZ
);

CREATE INDEX idx_comments_post_id ON comments(post_id);
CREATE INDEX idx_comments_user_id ON comments(user_id);
CREATE INDEX idx_comments_parent_id ON comments(parent_comment_id);

-- User follows
CREATE TABLE user_follows (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    follower_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    following_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    UNIQUE(follower_id, following_id),
    CHECK (follower_id != following_id)
);

CREATE INDEX idx_user_follows_follower ON user_follows(follower_id);
CREATE INDEX idx_user_follows_following ON user_follows(following_id);

-- Activity feed (optimized for social feed queries)
CREATE TABLE feed_items (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    activity_type TEXT NOT NULL CHECK (activity_type IN (
        'post', 'achievement', 'skill_update', 'course_completion', 'certification'
    )),
    content JSONB NOT NULL,
    visibility TEXT NOT NULL DEFAULT 'public',
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_feed_items_user_id ON feed_items(user_id);
CREATE INDEX idx_feed_items_created_at ON feed_items(created_at DESC);
CREATE INDEX idx_feed_items_type ON feed_items(activity_type);

-- Learning paths
CREATE TABLE learning_paths (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    title TEXT NOT NULL,
    description TEXT,
    thumbnail_url TEXT,
    difficulty_level TEXT NOT NULL CHECK (difficulty_level IN ('beginner', 'intermediate', 'advanced', 'expert')),
    duration_hours INTEGER,
    instructor_id UUID REFERENCES auth.users(id) ON DELETE SET NULL,
    skills_covered TEXT[] DEFAULT '{}',
    total_steps INTEGER DEFAULT 0 NOT NULL,
    enrollment_count INTEGER DEFAULT 0 NOT NULL,
    rating DECIMAL(3,2) DEFAULT 0.0,
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_learning_paths_difficulty ON learning_paths(difficulty_level);
CREATE INDEX idx_learning_paths_rating ON learning_paths(rating DESC);

-- Learning path steps
CREATE TABLE learning_path_steps (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    path_id UUID NOT NULL REFERENCES learning_paths(id) ON DELETE CASCADE,
    order_num INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    step_type TEXT NOT NULL CHECK (step_type IN ('lesson', 'quiz', 'project', 'assessment', 'reading')),
    estimated_minutes INTEGER,
    resources JSONB DEFAULT '[]'::jsonb,
    prerequisites TEXT[] DEFAULT '{}',
    created_at TIMESTAMPTZ DEFAULT NOW(),
    UNIQUE(path_id, order_num)
);

CREATE INDEX idx_learning_path_steps_path_id ON learning_path_steps(path_id);

-- User enrollments
CREATE TABLE learning_path_enrollments (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    path_id UUID NOT NULL REFERENCES learning_paths(id) ON DELETE CASCADE,
    enrolled_at TIMESTAMPTZ DEFAULT NOW(),
    last_accessed TIMESTAMPTZ,
    completion_percentage DECIMAL(5,2) DEFAULT 0.0,
    time_spent_minutes INTEGER DEFAULT 0,
    estimated_completion_date DATE,
    completed_at TIMESTAMPTZ,
    goals JSONB DEFAULT '[]'::jsonb,
    notifications_enabled BOOLEAN DEFAULT true,
    UNIQUE(user_id, path_id)
);

CREATE INDEX idx_enrollments_user_id ON learning_path_enrollments(user_id);
CREATE INDEX idx_enrollments_path_id ON learning_path_enrollments(path_id);

-- Step progress tracking
CREATE TABLE learning_path_step_progress (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    enrollment_id UUID NOT NULL REFERENCES learning_path_enrollments(id) ON DELETE CASCADE,
    step_id UUID NOT NULL REFERENCES learning_path_steps(id) ON DELETE CASCADE,
    status TEXT NOT NULL DEFAULT 'not_started' CHECK (status IN ('not_started', 'in_progress', 'completed', 'skipped')),
    completion_percentage INTEGER DEFAULT 0 CHECK (completion_percentage >= 0 AND completion_percentage <= 100),
    time_spent_minutes INTEGER DEFAULT 0,
    notes TEXT,
    last_accessed TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    UNIQUE(enrollment_id, step_id)
);

CREATE INDEX idx_step_progress_enrollment ON learning_path_step_progress(enrollment_id);

-- Certification requests
CREATE TABLE certification_requests (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    skill_id UUID NOT NULL REFERENCES skills(id) ON DELETE CASCADE,
    requested_level TEXT NOT NULL CHECK (requested_level IN ('beginner', 'intermediate', 'advanced', 'expert')),
    evidence_type TEXT NOT NULL,
    evidence_urls TEXT[] DEFAULT '{}',
    description TEXT,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'under_review', 'approved', 'rejected')),
    reviewed_by UUID REFERENCES auth.users(id) ON DELETE SET NULL,
    reviewed_at TIMESTAMPTZ,
    review_notes TEXT,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_cert_requests_user_id ON certification_requests(user_id);
CREATE INDEX idx_cert_requests_status ON certification_requests(status);

-- Certifications (approved)
CREATE TABLE certifications (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    request_id UUID REFERENCES certification_requests(id) ON DELETE SET NULL,
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    skill_id UUID NOT NULL REFERENCES skills(id) ON DELETE CASCADE,
    level TEXT NOT NULL CHECK (level IN ('beginner', 'intermediate', 'advanced', 'expert')),
    certificate_number TEXT NOT NULL UNIQUE,
    verification_url TEXT NOT NULL,
    issued_at TIMESTAMPTZ DEFAULT NOW(),
    expires_at TIMESTAMPTZ,
    verified_by UUID REFERENCES auth.users(id) ON DELETE SET NULL,
    evidence JSONB DEFAULT '[]'::jsonb,
    is_revoked BOOLEAN DEFAULT false,
    revoked_at TIMESTAMPTZ,
    revocation_reason TEXT
);

CREATE INDEX idx_certifications_user_id ON certifications(user_id);
CREATE INDEX idx_certifications_skill_id ON certifications(skill_id);
CREATE INDEX idx_certifications_number ON certifications(certificate_number);
CREATE INDEX idx_certifications_issued_at ON certifications(issued_at DESC);

-- Generate unique certificate numbers
CREATE OR REPLACE FUNCTION generate_certificate_number()
RETURNS TEXT AS $$
DECLARE
    new_number TEXT;
    exists BOOLEAN;
BEGIN
    LOOP
        new_number := 'EVOLV-' || UPPER(substr(md5(random()::text), 1, 12));
        SELECT EXISTS(SELECT 1 FROM certifications WHERE certificate_number = new_number) INTO exists;
        EXIT WHEN NOT exists;
    END LOOP;
    RETURN new_number;
END;
$$ LANGUAGE plpgsql;

-- AI career assessments
CREATE TABLE career_assessments (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    user_profile JSONB NOT NULL,
    analysis_depth TEXT NOT NULL CHECK (analysis_depth IN ('quick', 'standard', 'comprehensive')),
    career_paths JSONB NOT NULL,
    strengths TEXT[] DEFAULT '{}',
    areas_for_improvement TEXT[] DEFAULT '{}',
    recommended_next_steps JSONB DEFAULT '[]'::jsonb,
    market_insights JSONB DEFAULT '{}'::jsonb,
    ai_provider TEXT DEFAULT 'grok',
    ai_model_version TEXT,
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_career_assessments_user_id ON career_assessments(user_id);
CREATE INDEX idx_career_assessments_created_at ON career_assessments(created_at DESC);

-- AI skill recommendations
CREATE TABLE skill_recommendations (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    current_skills JSONB NOT NULL,
    target_role TEXT,
    recommendations JSONB NOT NULL,
    learning_roadmap JSONB,
    confidence_score DECIMAL(4,3),
    ai_provider TEXT DEFAULT 'grok',
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_skill_recommendations_user_id ON skill_recommendations(user_id);

-- AI generated learning paths
CREATE TABLE ai_generated_paths (
    id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    goal TEXT NOT NULL,
    current_level TEXT NOT NULL,
    path_data JSONB NOT NULL,
    linked_path_id UUID REFERENCES learning_paths(id) ON DELETE SET NULL,
    ai_provider TEXT DEFAULT 'grok',
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_ai_paths_user_id ON ai_generated_paths(user_id);

-- Enable RLS
ALTER TABLE user_levels ENABLE ROW LEVEL SECURITY;

-- Users can view their own level
CREATE POLICY "Users can view own level"
    ON user_levels FOR SELECT
    USING (auth.uid() = user_id);

-- Public can view levels (for leaderboard)
CREATE POLICY "Public can view user levels"
    ON user_levels FOR SELECT
    USING (true);

-- Only system can insert/update XP
CREATE POLICY "System can manage XP"
    ON user_levels FOR ALL
    USING (auth.jwt()->>'role' = 'service_role');

ALTER TABLE posts ENABLE ROW LEVEL SECURITY;

-- Public posts visible to all
CREATE POLICY "Public posts visible to all"
    ON posts FOR SELECT
    USING (visibility = 'public');

-- Followers-only posts visible to followers
CREATE POLICY "Followers posts visible to followers"
    ON posts FOR SELECT
    USING (
        visibility = 'followers' AND (
            auth.uid() = user_id OR
            EXISTS (
                SELECT 1 FROM user_follows
                WHERE follower_id = auth.uid() AND following_id = posts.user_id
            )
        )
    );

-- Private posts only visible to owner
CREATE POLICY "Private posts visible to owner"
    ON posts FOR SELECT
    USING (visibility = 'private' AND auth.uid() = user_id);

-- Users can create their own posts
CREATE POLICY "Users can create posts"
    ON posts FOR INSERT
    WITH CHECK (auth.uid() = user_id);

-- Users can update their own posts
CREATE POLICY "Users can update own posts"
    ON posts FOR UPDATE
    USING (auth.uid() = user_id);

-- Users can delete their own posts
CREATE POLICY "Users can delete own posts"
    ON posts FOR DELETE
    USING (auth.uid() = user_id);

ALTER TABLE learning_paths ENABLE ROW LEVEL SECURITY;

-- All users can view active learning paths
CREATE POLICY "Users can view active paths"
    ON learning_paths FOR SELECT
    USING (is_active = true);

-- Teachers and admins can create paths
CREATE POLICY "Teachers can create paths"
    ON learning_paths FOR INSERT
    WITH CHECK (
        EXISTS (
            SELECT 1 FROM profiles
            WHERE id = auth.uid() AND user_type IN ('teacher', 'alumni')
        )
    );

-- Instructors can update their own paths
CREATE POLICY "Instructors can update own paths"
    ON learning_paths FOR UPDATE
    USING (auth.uid() = instructor_id);

ALTER TABLE certifications ENABLE ROW LEVEL SECURITY;

-- Public certifications are publicly verifiable
CREATE POLICY "Public can view certifications"
    ON certifications FOR SELECT
    USING (is_revoked = false);

-- Users can view their own certification requests
ALTER TABLE certification_requests ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Users can view own cert requests"
    ON certification_requests FOR SELECT
    USING (auth.uid() = user_id);

CREATE POLICY "Users can create cert requests"
    ON certification_requests FOR INSERT
    WITH CHECK (auth.uid() = user_id);

-- Teachers can review certification requests
CREATE POLICY "Teachers can review certifications"
    ON certification_requests FOR UPDATE
    USING (
        EXISTS (
            SELECT 1 FROM profiles
            WHERE id = auth.uid() AND user_type = 'teacher'
        )
    );

-- Update post likes count
CREATE OR REPLACE FUNCTION update_post_likes_count()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE posts SET likes_count = likes_count + 1 WHERE id = NEW.post_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE posts SET likes_count = likes_count - 1 WHERE id = OLD.post_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER post_likes_counter
AFTER INSERT OR DELETE ON post_likes
FOR EACH ROW EXECUTE FUNCTION update_post_likes_count();

-- Update comments count
CREATE OR REPLACE FUNCTION update_post_comments_count()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE posts SET comments_count = comments_count + 1 WHERE id = NEW.post_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE posts SET comments_count = comments_count - 1 WHERE id = OLD.post_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER post_comments_counter
AFTER INSERT OR DELETE ON comments
FOR EACH ROW EXECUTE FUNCTION update_post_comments_count();

-- Update enrollment progress
CREATE OR REPLACE FUNCTION update_enrollment_progress()
RETURNS TRIGGER AS $$
DECLARE
    total_steps INTEGER;
    completed_steps INTEGER;
    progress DECIMAL(5,2);
BEGIN
    SELECT COUNT(*) INTO total_steps
    FROM learning_path_steps lps
    JOIN learning_path_enrollments lpe ON lps.path_id = lpe.path_id
    WHERE lpe.id = NEW.enrollment_id;

    SELECT COUNT(*) INTO completed_steps
    FROM learning_path_step_progress
    WHERE enrollment_id = NEW.enrollment_id AND status = 'completed';

    progress := (completed_steps::DECIMAL / total_steps) * 100;

    UPDATE learning_path_enrollments
    SET
        completion_percentage = progress,
        last_accessed = NOW(),
        completed_at = CASE WHEN progress >= 100 THEN NOW() ELSE NULL END
    WHERE id = NEW.enrollment_id;

    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER enrollment_progress_updater
AFTER INSERT OR UPDATE ON learning_path_step_progress
FOR EACH ROW EXECUTE FUNCTION update_enrollment_progress();

-- Its clients subscribe to these.
create publication supabase_realtime for table feed_items, user_badges, user_levels;
