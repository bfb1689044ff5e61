// The schema public of Evolv, generated from the database by ./evolv types.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // Tells createClient what the server understands.
  __InternalSupabase: {
    PostgrestVersion: "13"
  }
  public: {
    Tables: {
      activity_events: {
        Row: {
          actor_id: string | null
          dedupe_key: string | null
          id: number
          lenient_date: string
          local_date: string
          metadata: Json
          object_id: string | null
          object_type: string | null
          occurred_at: string
          time_zone: string
          type: string
          user_id: string
        }
        Insert: {
          actor_id?: string | null
          dedupe_key?: string | null
          id?: never
          lenient_date: string
          local_date: string
          metadata?: Json
          object_id?: string | null
          object_type?: string | null
          occurred_at?: string
          time_zone?: string
          type: string
          user_id: string
        }
        Update: {
          actor_id?: string | null
          dedupe_key?: string | null
          id?: never
          lenient_date?: string
          local_date?: string
          metadata?: Json
          object_id?: string | null
          object_type?: string | null
          occurred_at?: string
          time_zone?: string
          type?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "activity_events_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      ai_consents: {
        Row: {
          granted_at: string
          user_id: string
        }
        Insert: {
          granted_at?: string
          user_id?: string
        }
        Update: {
          granted_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "ai_consents_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      ai_generated_paths: {
        Row: {
          ai_fallback: string | null
          ai_model_version: string | null
          ai_provider: string
          context_hash: string | null
          created_at: string
          current_level: string
          goal: string
          id: string
          linked_path_id: string | null
          path_data: Json
          request_hash: string | null
          schema_version: number
          user_id: string
        }
        Insert: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          context_hash?: string | null
          created_at?: string
          current_level: string
          goal: string
          id?: string
          linked_path_id?: string | null
          path_data: Json
          request_hash?: string | null
          schema_version?: number
          user_id?: string
        }
        Update: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          context_hash?: string | null
          created_at?: string
          current_level?: string
          goal?: string
          id?: string
          linked_path_id?: string | null
          path_data?: Json
          request_hash?: string | null
          schema_version?: number
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "ai_generated_paths_linked_path_id_fkey"
            columns: ["linked_path_id"]
            isOneToOne: false
            referencedRelation: "learning_paths"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ai_generated_paths_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      ai_requests: {
        Row: {
          answer_sha256: string | null
          attempts: number
          cached_tokens: number | null
          completion_tokens: number | null
          cost_is_estimated: boolean | null
          cost_ticks: number | null
          error: string | null
          finish_reason: string | null
          finished_at: string | null
          id: string
          input_hash: string
          latency_ms: number | null
          model: string | null
          prompt_sha256: string | null
          prompt_tokens: number | null
          provider: string
          purpose: string
          reasoning_tokens: number | null
          reserved_ticks: number
          started_at: string
          state: string
          user_id: string
        }
        Insert: {
          answer_sha256?: string | null
          attempts?: number
          cached_tokens?: number | null
          completion_tokens?: number | null
          cost_is_estimated?: boolean | null
          cost_ticks?: number | null
          error?: string | null
          finish_reason?: string | null
          finished_at?: string | null
          id?: string
          input_hash: string
          latency_ms?: number | null
          model?: string | null
          prompt_sha256?: string | null
          prompt_tokens?: number | null
          provider: string
          purpose: string
          reasoning_tokens?: number | null
          reserved_ticks: number
          started_at?: string
          state?: string
          user_id: string
        }
        Update: {
          answer_sha256?: string | null
          attempts?: number
          cached_tokens?: number | null
          completion_tokens?: number | null
          cost_is_estimated?: boolean | null
          cost_ticks?: number | null
          error?: string | null
          finish_reason?: string | null
          finished_at?: string | null
          id?: string
          input_hash?: string
          latency_ms?: number | null
          model?: string | null
          prompt_sha256?: string | null
          prompt_tokens?: number | null
          provider?: string
          purpose?: string
          reasoning_tokens?: number | null
          reserved_ticks?: number
          started_at?: string
          state?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "ai_requests_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      badge_progress: {
        Row: {
          badge_id: string
          current: number
          id: string
          next_tier: number | null
          rule_version_id: string
          state: Json
          target: number
          updated_at: string
          user_id: string
        }
        Insert: {
          badge_id: string
          current?: number
          id?: string
          next_tier?: number | null
          rule_version_id: string
          state: Json
          target: number
          updated_at?: string
          user_id: string
        }
        Update: {
          badge_id?: string
          current?: number
          id?: string
          next_tier?: number | null
          rule_version_id?: string
          state?: Json
          target?: number
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "badge_progress_badge_id_fkey"
            columns: ["badge_id"]
            isOneToOne: false
            referencedRelation: "badges"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "badge_progress_rule_version_id_fkey"
            columns: ["rule_version_id"]
            isOneToOne: false
            referencedRelation: "badge_rule_versions"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "badge_progress_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      badge_rule_versions: {
        Row: {
          backfill: boolean
          badge_id: string
          event_types: string[]
          id: string
          is_active: boolean
          points: number
          policy: string
          published_at: string
          published_by: string | null
          rule: Json
          valid_from: string
          valid_until: string
          version: number
        }
        Insert: {
          backfill?: boolean
          badge_id: string
          event_types: string[]
          id?: string
          is_active?: boolean
          points?: number
          policy?: string
          published_at?: string
          published_by?: string | null
          rule: Json
          valid_from?: string
          valid_until?: string
          version: number
        }
        Update: {
          backfill?: boolean
          badge_id?: string
          event_types?: string[]
          id?: string
          is_active?: boolean
          points?: number
          policy?: string
          published_at?: string
          published_by?: string | null
          rule?: Json
          valid_from?: string
          valid_until?: string
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "badge_rule_versions_badge_id_fkey"
            columns: ["badge_id"]
            isOneToOne: false
            referencedRelation: "badges"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "badge_rule_versions_published_by_fkey"
            columns: ["published_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      badges: {
        Row: {
          category: string
          created_at: string
          description: string | null
          icon_url: string | null
          id: string
          is_active: boolean
          is_secret: boolean
          name: string
          points: number
          rarity: string
          requirement_score: number
          requirement_type: string
          requirement_value: number
          skill_id: string | null
          slug: string
        }
        Insert: {
          category: string
          created_at?: string
          description?: string | null
          icon_url?: string | null
          id?: string
          is_active?: boolean
          is_secret?: boolean
          name: string
          points?: number
          rarity: string
          requirement_score?: number
          requirement_type: string
          requirement_value: number
          skill_id?: string | null
          slug: string
        }
        Update: {
          category?: string
          created_at?: string
          description?: string | null
          icon_url?: string | null
          id?: string
          is_active?: boolean
          is_secret?: boolean
          name?: string
          points?: number
          rarity?: string
          requirement_score?: number
          requirement_type?: string
          requirement_value?: number
          skill_id?: string | null
          slug?: string
        }
        Relationships: [
          {
            foreignKeyName: "badges_skill_id_fkey"
            columns: ["skill_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
        ]
      }
      career_assessments: {
        Row: {
          ai_fallback: string | null
          ai_model_version: string | null
          ai_provider: string
          analysis_depth: string
          areas_for_improvement: string[]
          career_paths: Json
          context_hash: string | null
          created_at: string
          id: string
          market_insights: Json
          recommended_next_steps: Json
          request_hash: string | null
          schema_version: number
          strengths: string[]
          user_id: string
          user_profile: Json
        }
        Insert: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          analysis_depth: string
          areas_for_improvement?: string[]
          career_paths: Json
          context_hash?: string | null
          created_at?: string
          id?: string
          market_insights?: Json
          recommended_next_steps?: Json
          request_hash?: string | null
          schema_version?: number
          strengths?: string[]
          user_id?: string
          user_profile: Json
        }
        Update: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          analysis_depth?: string
          areas_for_improvement?: string[]
          career_paths?: Json
          context_hash?: string | null
          created_at?: string
          id?: string
          market_insights?: Json
          recommended_next_steps?: Json
          request_hash?: string | null
          schema_version?: number
          strengths?: string[]
          user_id?: string
          user_profile?: Json
        }
        Relationships: [
          {
            foreignKeyName: "career_assessments_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      certification_requests: {
        Row: {
          created_at: string
          description: string
          evidence_type: string
          evidence_urls: string[]
          id: string
          requested_level: string
          review_notes: string | null
          reviewed_at: string | null
          reviewed_by: string | null
          skill_id: string
          status: string
          updated_at: string
          user_id: string
        }
        Insert: {
          created_at?: string
          description?: string
          evidence_type: string
          evidence_urls?: string[]
          id?: string
          requested_level: string
          review_notes?: string | null
          reviewed_at?: string | null
          reviewed_by?: string | null
          skill_id: string
          status?: string
          updated_at?: string
          user_id?: string
        }
        Update: {
          created_at?: string
          description?: string
          evidence_type?: string
          evidence_urls?: string[]
          id?: string
          requested_level?: string
          review_notes?: string | null
          reviewed_at?: string | null
          reviewed_by?: string | null
          skill_id?: string
          status?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "certification_requests_reviewed_by_fkey"
            columns: ["reviewed_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "certification_requests_skill_id_fkey"
            columns: ["skill_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "certification_requests_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      certifications: {
        Row: {
          certificate_number: string
          evidence: Json
          expires_at: string | null
          id: string
          is_revoked: boolean
          issued_at: string
          level: string
          request_id: string | null
          revocation_reason: string | null
          revoked_at: string | null
          skill_id: string
          user_id: string
          verification_url: string
          verified_by: string | null
        }
        Insert: {
          certificate_number?: string
          evidence?: Json
          expires_at?: string | null
          id?: string
          is_revoked?: boolean
          issued_at?: string
          level: string
          request_id?: string | null
          revocation_reason?: string | null
          revoked_at?: string | null
          skill_id: string
          user_id: string
          verification_url?: never
          verified_by?: string | null
        }
        Update: {
          certificate_number?: string
          evidence?: Json
          expires_at?: string | null
          id?: string
          is_revoked?: boolean
          issued_at?: string
          level?: string
          request_id?: string | null
          revocation_reason?: string | null
          revoked_at?: string | null
          skill_id?: string
          user_id?: string
          verification_url?: never
          verified_by?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "certifications_request_id_fkey"
            columns: ["request_id"]
            isOneToOne: true
            referencedRelation: "certification_requests"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "certifications_skill_id_fkey"
            columns: ["skill_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "certifications_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "certifications_verified_by_fkey"
            columns: ["verified_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      comment_likes: {
        Row: {
          comment_id: string
          created_at: string
          id: string
          user_id: string
        }
        Insert: {
          comment_id: string
          created_at?: string
          id?: string
          user_id?: string
        }
        Update: {
          comment_id?: string
          created_at?: string
          id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "comment_likes_comment_id_fkey"
            columns: ["comment_id"]
            isOneToOne: false
            referencedRelation: "comments"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "comment_likes_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      comments: {
        Row: {
          content: string
          created_at: string
          deleted_at: string | null
          id: string
          likes_count: number
          parent_comment_id: string | null
          post_id: string
          updated_at: string
          user_id: string
        }
        Insert: {
          content: string
          created_at?: string
          deleted_at?: string | null
          id?: string
          likes_count?: number
          parent_comment_id?: string | null
          post_id: string
          updated_at?: string
          user_id?: string
        }
        Update: {
          content?: string
          created_at?: string
          deleted_at?: string | null
          id?: string
          likes_count?: number
          parent_comment_id?: string | null
          post_id?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "comments_post_id_fkey"
            columns: ["post_id"]
            isOneToOne: false
            referencedRelation: "posts"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "comments_post_id_parent_comment_id_fkey"
            columns: ["post_id", "parent_comment_id"]
            isOneToOne: false
            referencedRelation: "comments"
            referencedColumns: ["post_id", "id"]
          },
          {
            foreignKeyName: "comments_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      feed_items: {
        Row: {
          activity_type: string
          content: Json
          created_at: string
          guild_id: string | null
          id: string
          post_id: string | null
          user_id: string
          visibility: string
        }
        Insert: {
          activity_type: string
          content?: Json
          created_at?: string
          guild_id?: string | null
          id?: string
          post_id?: string | null
          user_id: string
          visibility?: string
        }
        Update: {
          activity_type?: string
          content?: Json
          created_at?: string
          guild_id?: string | null
          id?: string
          post_id?: string | null
          user_id?: string
          visibility?: string
        }
        Relationships: [
          {
            foreignKeyName: "feed_items_guild_id_fkey"
            columns: ["guild_id"]
            isOneToOne: false
            referencedRelation: "guilds"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "feed_items_post_id_fkey"
            columns: ["post_id"]
            isOneToOne: true
            referencedRelation: "posts"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "feed_items_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      guild_members: {
        Row: {
          guild_id: string
          id: string
          joined_at: string
          role: string
          state: string
          user_id: string
        }
        Insert: {
          guild_id: string
          id?: string
          joined_at?: string
          role?: string
          state?: string
          user_id?: string
        }
        Update: {
          guild_id?: string
          id?: string
          joined_at?: string
          role?: string
          state?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "guild_members_guild_id_fkey"
            columns: ["guild_id"]
            isOneToOne: false
            referencedRelation: "guilds"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "guild_members_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      guilds: {
        Row: {
          avatar_url: string | null
          created_at: string
          description: string
          id: string
          join_mode: string
          members_count: number
          name: string
          owner_id: string
          slug: string
          updated_at: string
          visibility: string
        }
        Insert: {
          avatar_url?: string | null
          created_at?: string
          description?: string
          id?: string
          join_mode?: string
          members_count?: number
          name: string
          owner_id?: string
          slug: string
          updated_at?: string
          visibility?: string
        }
        Update: {
          avatar_url?: string | null
          created_at?: string
          description?: string
          id?: string
          join_mode?: string
          members_count?: number
          name?: string
          owner_id?: string
          slug?: string
          updated_at?: string
          visibility?: string
        }
        Relationships: [
          {
            foreignKeyName: "guilds_owner_id_fkey"
            columns: ["owner_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      integrity_appeals: {
        Row: {
          body: string
          created_at: string
          flag_id: string
          id: string
          user_id: string
        }
        Insert: {
          body: string
          created_at?: string
          flag_id: string
          id?: string
          user_id?: string
        }
        Update: {
          body?: string
          created_at?: string
          flag_id?: string
          id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "integrity_appeals_flag_id_fkey"
            columns: ["flag_id"]
            isOneToOne: true
            referencedRelation: "integrity_flags"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "integrity_appeals_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      integrity_flags: {
        Row: {
          decided_at: string | null
          decided_by: string | null
          event_id: number
          id: string
          note: string | null
          raised_at: string
          raised_by: string | null
          reason: string
          rule_id: string
          status: string
          user_id: string
        }
        Insert: {
          decided_at?: string | null
          decided_by?: string | null
          event_id: number
          id?: string
          note?: string | null
          raised_at?: string
          raised_by?: string | null
          reason: string
          rule_id: string
          status?: string
          user_id: string
        }
        Update: {
          decided_at?: string | null
          decided_by?: string | null
          event_id?: number
          id?: string
          note?: string | null
          raised_at?: string
          raised_by?: string | null
          reason?: string
          rule_id?: string
          status?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "integrity_flags_decided_by_fkey"
            columns: ["decided_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "integrity_flags_event_id_fkey"
            columns: ["event_id"]
            isOneToOne: false
            referencedRelation: "activity_events"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "integrity_flags_raised_by_fkey"
            columns: ["raised_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "integrity_flags_rule_id_fkey"
            columns: ["rule_id"]
            isOneToOne: false
            referencedRelation: "xp_rules"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "integrity_flags_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      learning_path_enrollments: {
        Row: {
          completed_at: string | null
          completion_percentage: number
          enrolled_at: string
          estimated_completion_date: string | null
          goals: Json
          id: string
          last_accessed: string | null
          notifications_enabled: boolean
          path_id: string
          time_spent_minutes: number
          user_id: string
        }
        Insert: {
          completed_at?: string | null
          completion_percentage?: number
          enrolled_at?: string
          estimated_completion_date?: string | null
          goals?: Json
          id?: string
          last_accessed?: string | null
          notifications_enabled?: boolean
          path_id: string
          time_spent_minutes?: number
          user_id?: string
        }
        Update: {
          completed_at?: string | null
          completion_percentage?: number
          enrolled_at?: string
          estimated_completion_date?: string | null
          goals?: Json
          id?: string
          last_accessed?: string | null
          notifications_enabled?: boolean
          path_id?: string
          time_spent_minutes?: number
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "learning_path_enrollments_path_id_fkey"
            columns: ["path_id"]
            isOneToOne: false
            referencedRelation: "learning_paths"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "learning_path_enrollments_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      learning_path_step_progress: {
        Row: {
          completed_at: string | null
          completion_percentage: number
          enrollment_id: string
          id: string
          last_accessed: string | null
          notes: string | null
          path_id: string
          status: string
          step_id: string
          time_spent_minutes: number
        }
        Insert: {
          completed_at?: string | null
          completion_percentage?: number
          enrollment_id: string
          id?: string
          last_accessed?: string | null
          notes?: string | null
          path_id?: string
          status?: string
          step_id: string
          time_spent_minutes?: number
        }
        Update: {
          completed_at?: string | null
          completion_percentage?: number
          enrollment_id?: string
          id?: string
          last_accessed?: string | null
          notes?: string | null
          path_id?: string
          status?: string
          step_id?: string
          time_spent_minutes?: number
        }
        Relationships: [
          {
            foreignKeyName: "learning_path_step_progress_enrollment_id_path_id_fkey"
            columns: ["enrollment_id", "path_id"]
            isOneToOne: false
            referencedRelation: "learning_path_enrollments"
            referencedColumns: ["id", "path_id"]
          },
          {
            foreignKeyName: "learning_path_step_progress_path_id_step_id_fkey"
            columns: ["path_id", "step_id"]
            isOneToOne: false
            referencedRelation: "learning_path_steps"
            referencedColumns: ["path_id", "id"]
          },
        ]
      }
      learning_path_steps: {
        Row: {
          created_at: string
          description: string
          estimated_minutes: number | null
          id: string
          linked_path: string | null
          order_num: number
          path_id: string
          prerequisites: string[]
          resources: Json
          step_type: string
          title: string
        }
        Insert: {
          created_at?: string
          description?: string
          estimated_minutes?: number | null
          id?: string
          linked_path?: string | null
          order_num: number
          path_id: string
          prerequisites?: string[]
          resources?: Json
          step_type: string
          title: string
        }
        Update: {
          created_at?: string
          description?: string
          estimated_minutes?: number | null
          id?: string
          linked_path?: string | null
          order_num?: number
          path_id?: string
          prerequisites?: string[]
          resources?: Json
          step_type?: string
          title?: string
        }
        Relationships: [
          {
            foreignKeyName: "learning_path_steps_path_id_fkey"
            columns: ["path_id"]
            isOneToOne: false
            referencedRelation: "learning_paths"
            referencedColumns: ["id"]
          },
        ]
      }
      learning_paths: {
        Row: {
          created_at: string
          description: string
          difficulty_level: string
          duration_hours: number | null
          enrollment_count: number
          id: string
          instructor_id: string | null
          is_active: boolean
          rating: number
          reviews_count: number
          skills_covered: string[]
          thumbnail_url: string | null
          title: string
          total_steps: number
          updated_at: string
        }
        Insert: {
          created_at?: string
          description?: string
          difficulty_level: string
          duration_hours?: number | null
          enrollment_count?: number
          id?: string
          instructor_id?: string | null
          is_active?: boolean
          rating?: number
          reviews_count?: number
          skills_covered?: string[]
          thumbnail_url?: string | null
          title: string
          total_steps?: number
          updated_at?: string
        }
        Update: {
          created_at?: string
          description?: string
          difficulty_level?: string
          duration_hours?: number | null
          enrollment_count?: number
          id?: string
          instructor_id?: string | null
          is_active?: boolean
          rating?: number
          reviews_count?: number
          skills_covered?: string[]
          thumbnail_url?: string | null
          title?: string
          total_steps?: number
          updated_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "learning_paths_instructor_id_fkey"
            columns: ["instructor_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      level_definitions: {
        Row: {
          level: number
          version: number
          xp_required: number
          xp_to_next: number
        }
        Insert: {
          level: number
          version?: number
          xp_required: number
          xp_to_next: number
        }
        Update: {
          level?: number
          version?: number
          xp_required?: number
          xp_to_next?: number
        }
        Relationships: [
          {
            foreignKeyName: "level_definitions_version_fkey"
            columns: ["version"]
            isOneToOne: false
            referencedRelation: "level_tables"
            referencedColumns: ["version"]
          },
        ]
      }
      level_tables: {
        Row: {
          note: string
          published_at: string
          published_by: string | null
          version: number
        }
        Insert: {
          note?: string
          published_at?: string
          published_by?: string | null
          version: number
        }
        Update: {
          note?: string
          published_at?: string
          published_by?: string | null
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "level_tables_published_by_fkey"
            columns: ["published_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      occupation_outlooks: {
        Row: {
          change_percent: number
          employment: number | null
          from_year: number
          occupation_code: string
          openings_per_year: number | null
          region: string
          source_id: string
          to_year: number
        }
        Insert: {
          change_percent: number
          employment?: number | null
          from_year: number
          occupation_code: string
          openings_per_year?: number | null
          region: string
          source_id: string
          to_year: number
        }
        Update: {
          change_percent?: number
          employment?: number | null
          from_year?: number
          occupation_code?: string
          openings_per_year?: number | null
          region?: string
          source_id?: string
          to_year?: number
        }
        Relationships: [
          {
            foreignKeyName: "occupation_outlooks_occupation_code_fkey"
            columns: ["occupation_code"]
            isOneToOne: false
            referencedRelation: "occupations"
            referencedColumns: ["code"]
          },
          {
            foreignKeyName: "occupation_outlooks_source_id_fkey"
            columns: ["source_id"]
            isOneToOne: false
            referencedRelation: "occupation_sources"
            referencedColumns: ["id"]
          },
        ]
      }
      occupation_salaries: {
        Row: {
          currency: string
          high: number | null
          low: number | null
          median: number | null
          occupation_code: string
          region: string
          source_id: string
        }
        Insert: {
          currency: string
          high?: number | null
          low?: number | null
          median?: number | null
          occupation_code: string
          region: string
          source_id: string
        }
        Update: {
          currency?: string
          high?: number | null
          low?: number | null
          median?: number | null
          occupation_code?: string
          region?: string
          source_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "occupation_salaries_occupation_code_fkey"
            columns: ["occupation_code"]
            isOneToOne: false
            referencedRelation: "occupations"
            referencedColumns: ["code"]
          },
          {
            foreignKeyName: "occupation_salaries_source_id_fkey"
            columns: ["source_id"]
            isOneToOne: false
            referencedRelation: "occupation_sources"
            referencedColumns: ["id"]
          },
        ]
      }
      occupation_skills: {
        Row: {
          importance: number
          occupation_code: string
          skill_id: string
          source_id: string
        }
        Insert: {
          importance: number
          occupation_code: string
          skill_id: string
          source_id: string
        }
        Update: {
          importance?: number
          occupation_code?: string
          skill_id?: string
          source_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "occupation_skills_occupation_code_fkey"
            columns: ["occupation_code"]
            isOneToOne: false
            referencedRelation: "occupations"
            referencedColumns: ["code"]
          },
          {
            foreignKeyName: "occupation_skills_skill_id_fkey"
            columns: ["skill_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "occupation_skills_source_id_fkey"
            columns: ["source_id"]
            isOneToOne: false
            referencedRelation: "occupation_sources"
            referencedColumns: ["id"]
          },
        ]
      }
      occupation_sources: {
        Row: {
          created_at: string
          id: string
          licence: string
          name: string
          publisher: string
          url: string | null
          year: number
        }
        Insert: {
          created_at?: string
          id: string
          licence: string
          name: string
          publisher: string
          url?: string | null
          year: number
        }
        Update: {
          created_at?: string
          id?: string
          licence?: string
          name?: string
          publisher?: string
          url?: string | null
          year?: number
        }
        Relationships: []
      }
      occupations: {
        Row: {
          code: string
          created_at: string
          description: string
          education: string
          experience: string
          field: string
          interests: string[]
          majors: string[]
          source_id: string
          title: string
          titles: string[]
          training: string
        }
        Insert: {
          code: string
          created_at?: string
          description: string
          education: string
          experience: string
          field: string
          interests?: string[]
          majors?: string[]
          source_id: string
          title: string
          titles?: string[]
          training: string
        }
        Update: {
          code?: string
          created_at?: string
          description?: string
          education?: string
          experience?: string
          field?: string
          interests?: string[]
          majors?: string[]
          source_id?: string
          title?: string
          titles?: string[]
          training?: string
        }
        Relationships: [
          {
            foreignKeyName: "occupations_source_id_fkey"
            columns: ["source_id"]
            isOneToOne: false
            referencedRelation: "occupation_sources"
            referencedColumns: ["id"]
          },
        ]
      }
      path_reviews: {
        Row: {
          body: string
          created_at: string
          id: string
          path_id: string
          rating: number
          updated_at: string
          user_id: string
        }
        Insert: {
          body?: string
          created_at?: string
          id?: string
          path_id: string
          rating: number
          updated_at?: string
          user_id?: string
        }
        Update: {
          body?: string
          created_at?: string
          id?: string
          path_id?: string
          rating?: number
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "path_reviews_path_id_fkey"
            columns: ["path_id"]
            isOneToOne: false
            referencedRelation: "learning_paths"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "path_reviews_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      post_likes: {
        Row: {
          created_at: string
          id: string
          post_id: string
          user_id: string
        }
        Insert: {
          created_at?: string
          id?: string
          post_id: string
          user_id?: string
        }
        Update: {
          created_at?: string
          id?: string
          post_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "post_likes_post_id_fkey"
            columns: ["post_id"]
            isOneToOne: false
            referencedRelation: "posts"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "post_likes_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      post_shares: {
        Row: {
          created_at: string
          id: string
          post_id: string
          user_id: string
        }
        Insert: {
          created_at?: string
          id?: string
          post_id: string
          user_id?: string
        }
        Update: {
          created_at?: string
          id?: string
          post_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "post_shares_post_id_fkey"
            columns: ["post_id"]
            isOneToOne: false
            referencedRelation: "posts"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "post_shares_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      posts: {
        Row: {
          attachments: Json
          comments_count: number
          content: string
          created_at: string
          deleted_at: string | null
          guild_id: string | null
          id: string
          likes_count: number
          shares_count: number
          updated_at: string
          user_id: string
          visibility: string
        }
        Insert: {
          attachments?: Json
          comments_count?: number
          content: string
          created_at?: string
          deleted_at?: string | null
          guild_id?: string | null
          id?: string
          likes_count?: number
          shares_count?: number
          updated_at?: string
          user_id?: string
          visibility?: string
        }
        Update: {
          attachments?: Json
          comments_count?: number
          content?: string
          created_at?: string
          deleted_at?: string | null
          guild_id?: string | null
          id?: string
          likes_count?: number
          shares_count?: number
          updated_at?: string
          user_id?: string
          visibility?: string
        }
        Relationships: [
          {
            foreignKeyName: "posts_guild_id_fkey"
            columns: ["guild_id"]
            isOneToOne: false
            referencedRelation: "guilds"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "posts_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      profile_zone_history: {
        Row: {
          id: string
          since: string
          time_zone: string
          until: string
          user_id: string
        }
        Insert: {
          id?: string
          since?: string
          time_zone: string
          until?: string
          user_id: string
        }
        Update: {
          id?: string
          since?: string
          time_zone?: string
          until?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "profile_zone_history_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      profiles: {
        Row: {
          avatar_url: string | null
          bio: string
          created_at: string
          deactivated_at: string | null
          followers_count: number
          following_count: number
          full_name: string
          handle: string | null
          id: string
          is_guest: boolean
          updated_at: string
          user_type: string
        }
        Insert: {
          avatar_url?: string | null
          bio?: string
          created_at?: string
          deactivated_at?: string | null
          followers_count?: number
          following_count?: number
          full_name?: string
          handle?: string | null
          id: string
          is_guest?: boolean
          updated_at?: string
          user_type?: string
        }
        Update: {
          avatar_url?: string | null
          bio?: string
          created_at?: string
          deactivated_at?: string | null
          followers_count?: number
          following_count?: number
          full_name?: string
          handle?: string | null
          id?: string
          is_guest?: boolean
          updated_at?: string
          user_type?: string
        }
        Relationships: []
      }
      skill_recommendations: {
        Row: {
          ai_fallback: string | null
          ai_model_version: string | null
          ai_provider: string
          confidence_score: number | null
          context_hash: string | null
          created_at: string
          current_skills: Json
          id: string
          learning_roadmap: Json | null
          recommendations: Json
          request_hash: string | null
          schema_version: number
          target_role: string | null
          user_id: string
        }
        Insert: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          confidence_score?: number | null
          context_hash?: string | null
          created_at?: string
          current_skills: Json
          id?: string
          learning_roadmap?: Json | null
          recommendations: Json
          request_hash?: string | null
          schema_version?: number
          target_role?: string | null
          user_id?: string
        }
        Update: {
          ai_fallback?: string | null
          ai_model_version?: string | null
          ai_provider?: string
          confidence_score?: number | null
          context_hash?: string | null
          created_at?: string
          current_skills?: Json
          id?: string
          learning_roadmap?: Json | null
          recommendations?: Json
          request_hash?: string | null
          schema_version?: number
          target_role?: string | null
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "skill_recommendations_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      skills: {
        Row: {
          aliases: string[]
          category: string
          created_at: string
          description: string
          id: string
          name: string
          parent_id: string | null
          slug: string
        }
        Insert: {
          aliases?: string[]
          category: string
          created_at?: string
          description?: string
          id?: string
          name: string
          parent_id?: string | null
          slug: string
        }
        Update: {
          aliases?: string[]
          category?: string
          created_at?: string
          description?: string
          id?: string
          name?: string
          parent_id?: string | null
          slug?: string
        }
        Relationships: [
          {
            foreignKeyName: "skills_parent_id_fkey"
            columns: ["parent_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
        ]
      }
      streaks: {
        Row: {
          broken_length: number | null
          broken_on: string | null
          current_length: number
          freezes: number
          id: string
          last_day: string | null
          longest_length: number
          paused_from: string | null
          paused_until: string | null
          repaired_on: string | null
          settled_until: string | null
          started_on: string | null
          updated_at: string
          user_id: string
          weekdays: number[]
        }
        Insert: {
          broken_length?: number | null
          broken_on?: string | null
          current_length?: number
          freezes?: number
          id?: string
          last_day?: string | null
          longest_length?: number
          paused_from?: string | null
          paused_until?: string | null
          repaired_on?: string | null
          settled_until?: string | null
          started_on?: string | null
          updated_at?: string
          user_id: string
          weekdays?: number[]
        }
        Update: {
          broken_length?: number | null
          broken_on?: string | null
          current_length?: number
          freezes?: number
          id?: string
          last_day?: string | null
          longest_length?: number
          paused_from?: string | null
          paused_until?: string | null
          repaired_on?: string | null
          settled_until?: string | null
          started_on?: string | null
          updated_at?: string
          user_id?: string
          weekdays?: number[]
        }
        Relationships: [
          {
            foreignKeyName: "streaks_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_badges: {
        Row: {
          awarded_by: string | null
          badge_id: string
          earned_at: string
          event_id: number | null
          id: string
          metadata: Json
          revocation_reason: string | null
          revoked_at: string | null
          revoked_by: string | null
          rule_version_id: string | null
          seq: number
          tier: number
          user_id: string
        }
        Insert: {
          awarded_by?: string | null
          badge_id: string
          earned_at?: string
          event_id?: number | null
          id?: string
          metadata?: Json
          revocation_reason?: string | null
          revoked_at?: string | null
          revoked_by?: string | null
          rule_version_id?: string | null
          seq?: number
          tier?: number
          user_id: string
        }
        Update: {
          awarded_by?: string | null
          badge_id?: string
          earned_at?: string
          event_id?: number | null
          id?: string
          metadata?: Json
          revocation_reason?: string | null
          revoked_at?: string | null
          revoked_by?: string | null
          rule_version_id?: string | null
          seq?: number
          tier?: number
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_badges_awarded_by_fkey"
            columns: ["awarded_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_badges_badge_id_fkey"
            columns: ["badge_id"]
            isOneToOne: false
            referencedRelation: "badges"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_badges_event_id_fkey"
            columns: ["event_id"]
            isOneToOne: false
            referencedRelation: "activity_events"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_badges_revoked_by_fkey"
            columns: ["revoked_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_badges_rule_version_id_fkey"
            columns: ["rule_version_id"]
            isOneToOne: false
            referencedRelation: "badge_rule_versions"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_badges_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_blocks: {
        Row: {
          blocked_id: string
          blocker_id: string
          created_at: string
        }
        Insert: {
          blocked_id: string
          blocker_id?: string
          created_at?: string
        }
        Update: {
          blocked_id?: string
          blocker_id?: string
          created_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_blocks_blocked_id_fkey"
            columns: ["blocked_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_blocks_blocker_id_fkey"
            columns: ["blocker_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_follows: {
        Row: {
          created_at: string
          follower_id: string
          following_id: string
          id: string
          status: string
        }
        Insert: {
          created_at?: string
          follower_id?: string
          following_id: string
          id?: string
          status?: string
        }
        Update: {
          created_at?: string
          follower_id?: string
          following_id?: string
          id?: string
          status?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_follows_follower_id_fkey"
            columns: ["follower_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_follows_following_id_fkey"
            columns: ["following_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_levels: {
        Row: {
          created_at: string
          current_level: number
          id: string
          peak_level: number
          total_xp: number
          updated_at: string
          user_id: string
        }
        Insert: {
          created_at?: string
          current_level?: number
          id?: string
          peak_level?: number
          total_xp?: number
          updated_at?: string
          user_id: string
        }
        Update: {
          created_at?: string
          current_level?: number
          id?: string
          peak_level?: number
          total_xp?: number
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_levels_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_roles: {
        Row: {
          expires_at: string | null
          granted_at: string
          granted_by: string | null
          role: string
          user_id: string
        }
        Insert: {
          expires_at?: string | null
          granted_at?: string
          granted_by?: string | null
          role: string
          user_id: string
        }
        Update: {
          expires_at?: string | null
          granted_at?: string
          granted_by?: string | null
          role?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_roles_granted_by_fkey"
            columns: ["granted_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_roles_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_settings: {
        Row: {
          activity_visibility: string
          created_at: string
          follow_approval: boolean
          leaderboard_mode: string
          locale: string
          time_zone: string
          updated_at: string
          user_id: string
        }
        Insert: {
          activity_visibility?: string
          created_at?: string
          follow_approval?: boolean
          leaderboard_mode?: string
          locale?: string
          time_zone?: string
          updated_at?: string
          user_id: string
        }
        Update: {
          activity_visibility?: string
          created_at?: string
          follow_approval?: boolean
          leaderboard_mode?: string
          locale?: string
          time_zone?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "user_settings_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_skills: {
        Row: {
          claimed_level: string
          created_at: string
          id: string
          skill_id: string
          user_id: string
          valid_until: string | null
          verified: boolean
          verified_at: string | null
          verified_by: string | null
          verified_level: string | null
        }
        Insert: {
          claimed_level?: string
          created_at?: string
          id?: string
          skill_id: string
          user_id?: string
          valid_until?: string | null
          verified?: boolean
          verified_at?: string | null
          verified_by?: string | null
          verified_level?: string | null
        }
        Update: {
          claimed_level?: string
          created_at?: string
          id?: string
          skill_id?: string
          user_id?: string
          valid_until?: string | null
          verified?: boolean
          verified_at?: string | null
          verified_by?: string | null
          verified_level?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "user_skills_skill_id_fkey"
            columns: ["skill_id"]
            isOneToOne: false
            referencedRelation: "skills"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_skills_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_skills_verified_by_fkey"
            columns: ["verified_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      xp_refusals: {
        Row: {
          amount: number
          award_key: string
          event_id: number
          id: string
          local_date: string
          reason: string
          refused_at: string
          rule_id: string
          rule_version_id: string
          user_id: string
        }
        Insert: {
          amount: number
          award_key: string
          event_id: number
          id?: string
          local_date: string
          reason: string
          refused_at?: string
          rule_id: string
          rule_version_id: string
          user_id: string
        }
        Update: {
          amount?: number
          award_key?: string
          event_id?: number
          id?: string
          local_date?: string
          reason?: string
          refused_at?: string
          rule_id?: string
          rule_version_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "xp_refusals_event_id_fkey"
            columns: ["event_id"]
            isOneToOne: false
            referencedRelation: "activity_events"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "xp_refusals_rule_version_id_rule_id_fkey"
            columns: ["rule_version_id", "rule_id"]
            isOneToOne: false
            referencedRelation: "xp_rule_versions"
            referencedColumns: ["id", "rule_id"]
          },
          {
            foreignKeyName: "xp_refusals_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      xp_rule_versions: {
        Row: {
          alarm_count: number | null
          alarm_minutes: number | null
          amount: number
          amount_path: string | null
          cap_per_day: number | null
          cap_per_week: number | null
          condition: string | null
          cooldown_seconds: number | null
          distinct_by: string[]
          event_type: string
          id: string
          is_active: boolean
          published_at: string
          published_by: string | null
          rule_id: string
          valid_from: string
          valid_until: string | null
          version: number
        }
        Insert: {
          alarm_count?: number | null
          alarm_minutes?: number | null
          amount: number
          amount_path?: string | null
          cap_per_day?: number | null
          cap_per_week?: number | null
          condition?: string | null
          cooldown_seconds?: number | null
          distinct_by?: string[]
          event_type: string
          id?: string
          is_active?: boolean
          published_at?: string
          published_by?: string | null
          rule_id: string
          valid_from?: string
          valid_until?: string | null
          version: number
        }
        Update: {
          alarm_count?: number | null
          alarm_minutes?: number | null
          amount?: number
          amount_path?: string | null
          cap_per_day?: number | null
          cap_per_week?: number | null
          condition?: string | null
          cooldown_seconds?: number | null
          distinct_by?: string[]
          event_type?: string
          id?: string
          is_active?: boolean
          published_at?: string
          published_by?: string | null
          rule_id?: string
          valid_from?: string
          valid_until?: string | null
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "xp_rule_versions_published_by_fkey"
            columns: ["published_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "xp_rule_versions_rule_id_fkey"
            columns: ["rule_id"]
            isOneToOne: false
            referencedRelation: "xp_rules"
            referencedColumns: ["id"]
          },
        ]
      }
      xp_rules: {
        Row: {
          created_at: string
          description: string
          id: string
          name: string
          slug: string
          source: string | null
        }
        Insert: {
          created_at?: string
          description?: string
          id?: string
          name: string
          slug: string
          source?: string | null
        }
        Update: {
          created_at?: string
          description?: string
          id?: string
          name?: string
          slug?: string
          source?: string | null
        }
        Relationships: []
      }
      xp_transactions: {
        Row: {
          amount: number
          award_key: string
          awarded_at: string
          badge_id: string | null
          created_at: string
          event_id: number
          id: string
          local_date: string
          metadata: Json
          reversal_of: string | null
          revision: number
          rule_id: string
          rule_version_id: string
          source: string
          user_id: string
        }
        Insert: {
          amount: number
          award_key: string
          awarded_at?: string
          badge_id?: string | null
          created_at?: string
          event_id: number
          id?: string
          local_date: string
          metadata?: Json
          reversal_of?: string | null
          revision?: number
          rule_id: string
          rule_version_id: string
          source: string
          user_id: string
        }
        Update: {
          amount?: number
          award_key?: string
          awarded_at?: string
          badge_id?: string | null
          created_at?: string
          event_id?: number
          id?: string
          local_date?: string
          metadata?: Json
          reversal_of?: string | null
          revision?: number
          rule_id?: string
          rule_version_id?: string
          source?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "xp_transactions_badge_id_fkey"
            columns: ["badge_id"]
            isOneToOne: false
            referencedRelation: "badges"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "xp_transactions_event_id_fkey"
            columns: ["event_id"]
            isOneToOne: false
            referencedRelation: "activity_events"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "xp_transactions_reversal_of_fkey"
            columns: ["reversal_of"]
            isOneToOne: true
            referencedRelation: "xp_transactions"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "xp_transactions_rule_version_id_rule_id_fkey"
            columns: ["rule_version_id", "rule_id"]
            isOneToOne: false
            referencedRelation: "xp_rule_versions"
            referencedColumns: ["id", "rule_id"]
          },
          {
            foreignKeyName: "xp_transactions_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: {
      leaderboard_all_time: {
        Row: {
          avatar_url: string | null
          badge_count: number | null
          current_level: number | null
          full_name: string | null
          rank: number | null
          skill_count: number | null
          total_xp: number | null
          user_id: string | null
          user_type: string | null
        }
        Relationships: []
      }
    }
    Functions: {
      audit_entries: {
        Args: {
          before_seq?: number
          max_entries?: number
          person?: string
        }
        Returns: {
          action: string
          actor_id: string
          actor_role: string
          at: string
          details: Json
          login: string
          network: string
          seq: number
          subject_id: string
          subject_type: string
          user_id: string
        }[]
      }
      review_certification_request: {
        Args: {
          decision: string
          notes?: string
          request_id: string
        }
        Returns: Database["public"]["Tables"]["certification_requests"]["Row"]
        SetofOptions: {
          from: "*"
          to: "certification_requests"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      verify_certificate: {
        Args: {
          certificate_number: string
        }
        Returns: {
          certificate_number: string
          expires_at: string
          holder_name: string
          issued_at: string
          level: string
          revocation_reason: string
          revoked_at: string
          skill: string
          status: string
        }[]
      }
    }
    Enums: {
      [_ in never]: never
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
}

type Schemas = Omit<Database, "__InternalSupabase">
type InSchema = { schema: keyof Schemas }
type SchemaOf<Choice> = Choice extends InSchema ? Schemas[Choice["schema"]] : Schemas["public"]
type NameOf<Choice, Name> = Choice extends InSchema ? Name : Choice
type Part<Choice, Name, Kind extends "Row" | "Insert" | "Update"> =
  NameOf<Choice, Name> extends infer Key extends keyof RelationsOf<Choice>
    ? RelationsOf<Choice>[Key] extends { [K in Kind]: infer Type } ? Type : never
    : never
type RelationsOf<Choice> = SchemaOf<Choice>["Tables"] & SchemaOf<Choice>["Views"]
type Names<Choice, Of extends "Tables" | "Views" | "Enums" | "CompositeTypes"> =
  Choice extends InSchema ? keyof SchemaOf<Choice>[Of] : never

/** A row as it is read, of a table or a view. */
export type Tables<
  Choice extends keyof RelationsOf<"public"> | InSchema,
  Name extends Names<Choice, "Tables"> | Names<Choice, "Views"> = never,
> = Part<Choice, Name, "Row">

/** A row as it is inserted. */
export type TablesInsert<
  Choice extends keyof Schemas["public"]["Tables"] | InSchema,
  Name extends Names<Choice, "Tables"> = never,
> = Part<Choice, Name, "Insert">

/** The columns of an update. */
export type TablesUpdate<
  Choice extends keyof Schemas["public"]["Tables"] | InSchema,
  Name extends Names<Choice, "Tables"> = never,
> = Part<Choice, Name, "Update">

export type Enums<
  Choice extends keyof Schemas["public"]["Enums"] | InSchema,
  Name extends Names<Choice, "Enums"> = never,
> = SchemaOf<Choice>["Enums"][NameOf<Choice, Name> & keyof SchemaOf<Choice>["Enums"]]

export type CompositeTypes<
  Choice extends keyof Schemas["public"]["CompositeTypes"] | InSchema,
  Name extends Names<Choice, "CompositeTypes"> = never,
> = SchemaOf<Choice>["CompositeTypes"][NameOf<Choice, Name> & keyof SchemaOf<Choice>["CompositeTypes"]]

export const Constants = {
  public: {
    Enums: {},
  },
} as const
